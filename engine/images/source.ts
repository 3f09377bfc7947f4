import type { ImageSource } from "../../builder/ports.ts";
import { Failure } from "../../core/errors.ts";
import { formatPlatform } from "../../core/platform.ts";
import type { ImageStore } from "../../store/types.ts";

const LOCAL_ONLY = "images come from the local store: load or import this one first";

/** Base images of builds, taken from the local store. */
export function localImages(images: ImageStore): ImageSource {
  return {
    resolve: async (reference, { platform, pull }) => {
      if (pull) throw new Failure("OPTION_UNSUPPORTED", { option: "--pull" }, { hint: LOCAL_ONLY });
      const record = images.find(reference);
      if (record === undefined) throw new Failure("IMAGE_UNKNOWN", { reference }, { hint: LOCAL_ONLY });
      const config = await images.config(record.id);
      if (config.os !== platform.os || config.architecture !== platform.architecture) {
        throw new Failure("PLATFORM_MISMATCH", {
          reference,
          want: formatPlatform(platform),
          got: formatPlatform(config),
        });
      }
      return { reference, id: record.id, config, layers: record.layers };
    },
  };
}
