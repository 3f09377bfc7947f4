const HEADER = 8;

/** What the frames of a multiplexed stream carry, one stream after the other: the rest of what wire/frames.ts makes. */
export function unframed(bytes: Buffer): { readonly stdout: string; readonly stderr: string } {
  const parts: Record<number, Buffer[]> = { 1: [], 2: [] };
  for (let at = 0; at < bytes.byteLength; ) {
    const size = bytes.readUInt32BE(at + 4);
    parts[bytes.readUInt8(at)]?.push(bytes.subarray(at + HEADER, at + HEADER + size));
    at += HEADER + size;
  }
  const text = (stream: number): string => Buffer.concat(parts[stream] ?? []).toString();
  return { stdout: text(1), stderr: text(2) };
}
