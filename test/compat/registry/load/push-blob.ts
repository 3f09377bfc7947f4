import { createHash } from "node:crypto";
import type { Ledger, Upload } from "./ledger.ts";
import type { Random } from "./random.ts";
import type { Received, Sent, Wire } from "./wire.ts";

export interface Parts {
  readonly wire: Wire;
  readonly random: Random;
  readonly ledger: Ledger;
}
export interface Blob {
  readonly digest: string;
  readonly size: number;
}
export class Refused extends Error {}

export const digestOf = (content: Uint8Array): string =>
  `sha256:${createHash("sha256").update(content).digest("hex")}`;

/** Rejects with Refused when the answer is not one of `want`. */
export async function expect(
  wire: Wire,
  want: readonly number[],
  [method, path, sent]: readonly [string, string, Sent?],
): Promise<Received> {
  const received = await wire.send(method, path, sent);
  if (!want.includes(received.status))
    throw new Refused(
      `${method} ${path}: ${received.status} ${received.head.subarray(0, 300).toString().trim()}`,
    );
  return received;
}

/** Makes a blob pullable from the repository: seen there, mounted from `from`, or sent in one of the ways clients do. */
export async function pushBlob(
  parts: Parts,
  repository: string,
  content: Buffer,
  options: { readonly shared: boolean; readonly from?: string },
): Promise<Blob> {
  const { wire, ledger, random } = parts;
  const blob = { digest: digestOf(content), size: content.byteLength };
  const uploads = `/v2/${repository}/blobs/uploads/`;
  if (options.shared) {
    const { status } = await expect(wire, [200, 404], ["HEAD", `/v2/${repository}/blobs/${blob.digest}`]);
    if (status === 200) return blob;
  }
  ledger.counts.bytesIn += blob.size;
  if (!options.shared && random.next() < 0.3) {
    await expect(wire, [201], ["POST", `${uploads}?digest=${blob.digest}`, { body: content }]);
    return blob;
  }
  const mount = options.from === undefined ? "" : `?mount=${blob.digest}&from=${options.from}`;
  const { status, headers } = await expect(wire, [201, 202], ["POST", `${uploads}${mount}`]);
  if (status === 201) return blob;
  const upload: Upload = {
    location: String(headers.location),
    repository,
    content,
    digest: blob.digest,
    acknowledged: 0,
    finishing: false,
  };
  ledger.uploads.add(upload);
  await finishUpload(parts, upload);
  return blob;
}

/** Sends what the registry does not have yet, in up to three chunks, then the digest. */
export async function finishUpload({ wire, random, ledger }: Parts, upload: Upload): Promise<void> {
  const { location, content, digest } = upload;
  for (let chunks = random.int(0, 4); chunks > 0; chunks--) {
    const start = upload.acknowledged;
    const end = chunks === 1 ? content.byteLength : start + Math.ceil((content.byteLength - start) / chunks);
    if (end === start) break;
    const headers = { "content-range": `${start}-${end - 1}` };
    await expect(wire, [202], ["PATCH", location, { headers, body: content.subarray(start, end) }]);
    upload.acknowledged = end;
  }
  upload.finishing = true;
  const rest = content.subarray(upload.acknowledged);
  await expect(wire, [201], ["PUT", `${location}?digest=${digest}`, { body: rest }]);
  ledger.uploads.delete(upload);
}
