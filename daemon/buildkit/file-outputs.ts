import type { ByteStream } from "../../core/streams.ts";
import type { BuildEvent, BuildResult, ImageService } from "../../engine/api.ts";
import type { FileOutput, FileType } from "./exporters.ts";
import { sendBytes } from "./sent-bytes.ts";
import { sendFiles } from "./sent-files.ts";
import type { Session } from "./sessions.ts";
import { transferStep } from "./transfer-step.ts";

interface Sending {
  readonly images: Pick<ImageService, "rootfs" | "save" | "saveList">;
  readonly session: Session;
  readonly report: (event: BuildEvent) => void;
  readonly signal: AbortSignal;
}
type Open = (images: Sending["images"], result: BuildResult, signal: AbortSignal) => ByteStream;

interface Form {
  /** In BuildKit's words. */
  readonly name: string;
  readonly moving: string;
  readonly open: Open;
  readonly send: typeof sendBytes | typeof sendFiles;
}

const openRoot: Open = (images, { image }, signal) => images.rootfs(image, { signal });
const openArchive: Open = (images, { image, tags, members }, signal) =>
  members === undefined
    ? images.save(tags.length === 0 ? [image] : tags, { signal })
    : images.saveList(members, tags, { signal });

const tarball = { moving: "sending tarball", send: sendBytes } as const;
const FORMS: Readonly<Record<FileType, Form>> = {
  local: {
    name: "exporting to client directory",
    moving: "copying files",
    open: openRoot,
    send: sendFiles,
  },
  tar: { name: "exporting to client tarball", open: openRoot, ...tarball },
  oci: { name: "exporting to oci image format", open: openArchive, ...tarball },
  docker: { name: "exporting to docker image format", open: openArchive, ...tarball },
};

/** Sends what clients write themselves, one after the other, each shown as a step of the build. */
export async function sendOutputs(
  outputs: readonly FileOutput[],
  result: BuildResult,
  { images, session, report, signal }: Sending,
): Promise<void> {
  for (const { position, type } of outputs) {
    const { name, moving, open, send } = FORMS[type];
    await transferStep({ id: `output ${position}`, name, moving }, report, (progress) =>
      send(session, position, () => open(images, result, signal), { report: progress, signal }),
    );
  }
}
