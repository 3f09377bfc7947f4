import { randomUUID } from "node:crypto";
import {
  algorithmOf,
  type Digest,
  type DigestAlgorithm,
  isDigestAlgorithm,
  parseDigest,
} from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import type { UploadRecord } from "../../storage/registry-metadata.ts";
import type { Answer, Call, Handler } from "../call.ts";
import { parseLength } from "../lengths.ts";
import { type Parts, repositoryOf } from "../parts.ts";
import { mountBlob } from "./mount.ts";

/** How often a long request says that its upload is in use. */
const TOUCH_MS = 60_000;

/** end-4a, 4b, 4c, 11: one end-point, told apart by its parameters. */
export const startUpload =
  (parts: Parts): Handler =>
  async (call) => {
    const { query, target } = call;
    const repository = repositoryOf(target);
    const mount = query.get("mount");
    const mounted = mount === null ? undefined : await mountBlob(parts, call, parseDigest(mount));
    if (mounted !== undefined) return blobCreated(repository, mounted);
    const given = query.get("digest");
    const digest = given === null ? undefined : parseDigest(given);
    const algorithm = algorithmFor(digest, query.get("digest-algorithm"));
    const upload = { id: randomUUID(), repository, algorithm };
    await parts.storage.blobs.begin(upload.id);
    await parts.storage.metadata.createUpload(upload);
    if (digest === undefined) return progress(202, upload, 0);
    try {
      await receive(parts, call, upload);
      return await finish(parts, upload, digest);
    } catch (error) {
      // Nobody was told of this upload, so nobody could go on with it.
      await drop(parts, upload.id);
      throw error;
    }
  };

function algorithmFor(digest: Digest | undefined, named: string | null): DigestAlgorithm {
  if (digest !== undefined) return algorithmOf(digest);
  const algorithm = named ?? "sha256";
  if (!isDigestAlgorithm(algorithm))
    throw new Failure("DIGEST_INVALID", { text: `${algorithm.slice(0, 80)}:` });
  return algorithm;
}

/** end-5: a chunk with Content-Range, or a stream without. */
export const patchUpload =
  (parts: Parts): Handler =>
  async (call) => {
    const upload = await findUpload(parts, call);
    return progress(202, upload, await receive(parts, call, upload));
  };

/** end-6: the last bytes, if there are some left, and the digest of all. */
export const finishUpload =
  (parts: Parts): Handler =>
  async (call) => {
    const upload = await findUpload(parts, call);
    const given = call.query.get("digest");
    if (given === null) throw new Failure("DIGEST_INVALID", { text: "" });
    const digest = parseDigest(given);
    await receive(parts, call, { ...upload, algorithm: algorithmOf(digest) });
    return finish(parts, upload, digest);
  };

/** end-13. */
export const uploadStatus =
  (parts: Parts): Handler =>
  async (call) => {
    const upload = await findUpload(parts, call);
    const received = await parts.storage.blobs.received(upload.id);
    if (received === undefined) throw new Failure("UPLOAD_UNKNOWN", { upload: upload.id });
    return progress(204, upload, received);
  };

/** end-14. */
export const cancelUpload =
  (parts: Parts): Handler =>
  async (call) => {
    const upload = await findUpload(parts, call);
    await drop(parts, upload.id);
    return { status: 204 };
  };

async function findUpload({ storage: { metadata } }: Parts, { target }: Call): Promise<UploadRecord> {
  const { reference } = target;
  const upload = await metadata.upload(reference);
  if (upload === undefined || upload.repository !== repositoryOf(target))
    throw new Failure("UPLOAD_UNKNOWN", { upload: reference.slice(0, 64) });
  return upload;
}

async function receive(
  { storage: { blobs, metadata } }: Parts,
  { headers, body, signal }: Call,
  { id, algorithm }: Pick<UploadRecord, "id" | "algorithm">,
): Promise<number> {
  const { start, length } = parseLength(headers);
  const received = await blobs.received(id);
  if (received === undefined) throw new Failure("UPLOAD_UNKNOWN", { upload: id });
  if (start !== undefined && start !== received)
    throw new Failure("UPLOAD_OUT_OF_ORDER", { upload: id, received, got: start });
  if (length === 0) return received;
  const touch = (): Promise<void> => metadata.touchUpload(id);
  await touch();
  const timer = setInterval(() => void touch().catch(() => undefined), TOUCH_MS);
  try {
    const options = {
      algorithm,
      signal,
      ...(length === undefined ? {} : { length }),
      ...(start === undefined ? {} : { start }),
    };
    return await blobs.append(id, body(), options);
  } finally {
    clearInterval(timer);
  }
}

async function finish(
  { storage: { blobs, metadata } }: Parts,
  { id, repository }: Pick<UploadRecord, "id" | "repository">,
  digest: Digest,
): Promise<Answer> {
  await using _hold = await metadata.hold([digest]);
  let gone = true;
  try {
    const blob = await blobs.commit(id, digest);
    await metadata.linkBlob(repository, blob);
  } catch (error) {
    gone = !(error instanceof Failure && error.code === "UPLOAD_BUSY");
    throw error;
  } finally {
    if (gone) await metadata.deleteUpload(id);
  }
  return blobCreated(repository, digest);
}

async function drop({ storage: { blobs, metadata } }: Parts, id: string): Promise<void> {
  await blobs.abort(id);
  await metadata.deleteUpload(id);
}

const blobCreated = (repository: string, digest: Digest): Answer => ({
  status: 201,
  headers: { location: `/v2/${repository}/blobs/${digest}`, "docker-content-digest": digest },
});

/** `Range` counts the last byte in, so that nothing received looks like one byte: distribution-spec knows no other form. */
const progress = (
  status: number,
  { id, repository }: Pick<UploadRecord, "id" | "repository">,
  received: number,
): Answer => ({
  status,
  headers: {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: `0-${Math.max(received - 1, 0)}`,
    "docker-upload-uuid": id,
    ...(status === 202 ? { "content-length": 0 } : {}),
  },
});
