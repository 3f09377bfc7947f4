/** The numbers of the streams in a multiplexed stream: https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Container/operation/ContainerAttach */
const NUMBERS = { stdin: 0, stdout: 1, stderr: 2, systemerr: 3 } as const;
const HEADER = 8;

/** One piece of output behind a header that says whose it is: the stream's number, three zeros, the length in big endian. */
export function frame(stream: keyof typeof NUMBERS, data: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER + data.byteLength);
  bytes.writeUInt32BE(NUMBERS[stream] << 24, 0);
  bytes.writeUInt32BE(data.byteLength, 4);
  bytes.set(data, HEADER);
  return bytes;
}

/** How output goes over a connection. The media type that tells them apart is younger than 1.42. */
export interface StreamForm {
  readonly contentType: string;
  readonly encode: (stream: "stdout" | "stderr", data: Uint8Array) => Uint8Array;
}

export function streamForm(options: { readonly tty: boolean; readonly api: number }): StreamForm {
  const told = options.api >= 42 && !options.tty;
  return {
    contentType: told ? "application/vnd.docker.multiplexed-stream" : "application/vnd.docker.raw-stream",
    encode: options.tty ? (_stream, data) => data : frame,
  };
}
