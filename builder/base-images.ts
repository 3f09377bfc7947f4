import { Failure } from "../core/errors.ts";
import { formatPlatform, type Platform } from "../core/platform.ts";
import type { CredentialSource } from "../core/registry-credentials.ts";
import type { ImageConfig } from "../image/config.ts";
import type { Lease } from "../store/types.ts";
import type { LazyLayers } from "./cache/remote/lazy-layers.ts";
import type { ResolvedDockerfile } from "./dockerfile/resolved.ts";
import type { InternalSteps } from "./internal-steps.ts";
import { copiedImages } from "./plan/copied-images.ts";
import type { BaseImage, ImageSource } from "./ports.ts";

interface Parts {
  readonly source: ImageSource;
  readonly steps: InternalSteps;
  /** Holds the images' layers while the build lasts. */
  readonly lease: Lease;
  readonly pull: boolean;
  /** Takes the layers of images that are only looked up; absent: every image is brought at once. */
  readonly lazy?: LazyLayers;
  readonly credentials?: CredentialSource;
  readonly signal: AbortSignal;
}

/** The images that one build begins with or copies from. */
export class BaseImages {
  readonly #parts: Parts;
  readonly #images = new Map<string, BaseImage>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Rejects with what the source rejects with. */
  async load(reference: string, platform: Platform): Promise<ImageConfig> {
    const { source, steps, lease, lazy, ...options } = this.#parts;
    const image = await steps.run(`[internal] load metadata for ${reference}`, () =>
      source.resolve(reference, { platform, lazy: lazy !== undefined, ...options }),
    );
    for (const layer of image.layers) lease.blob(layer);
    if (lazy !== undefined) this.#offer(image, lazy);
    this.#images.set(keyOf(reference, platform), image);
    return image.config;
  }

  /** Whichever of its layers is needed first, all of the image comes, once. */
  #offer({ reference, layers, remote }: BaseImage, lazy: LazyLayers): void {
    if (remote === undefined) return;
    let coming: Promise<void> | undefined;
    const fetch = (signal: AbortSignal): Promise<void> => {
      coming ??= this.#parts.steps.run(`fetching ${reference}`, () => remote.fetch(signal));
      return coming;
    };
    layers.forEach((diffId, i) => {
      const blob = remote.blobs[i];
      lazy.offer({ diffId, fetch, ...(blob === undefined ? {} : { blob }) });
    });
  }

  /** Loads what steps copy from and no stage begins with. Rejects with BUILD_STEP_INVALID around the cause. */
  async loadCopied(resolved: ResolvedDockerfile): Promise<void> {
    const missing = copiedImages(resolved).filter(
      ({ image }) => !this.#images.has(keyOf(image.reference, image.platform)),
    );
    const load = async ({ image, step }: (typeof missing)[number]): Promise<void> => {
      try {
        await this.load(image.reference, image.platform);
      } catch (cause) {
        const place = { file: resolved.file, line: step.lines.first, endLine: step.lines.last };
        throw new Failure("BUILD_STEP_INVALID", { ...place, step: step.instruction.code }, { cause });
      }
    };
    await Promise.all(missing.map(load));
  }

  /** An image that was loaded. */
  get(reference: string, platform: Platform): BaseImage {
    const image = this.#images.get(keyOf(reference, platform));
    if (image === undefined) throw new Failure("IMAGE_UNKNOWN", { reference });
    return image;
  }
}

const keyOf = (reference: string, platform: Platform): string => `${reference} ${formatPlatform(platform)}`;
