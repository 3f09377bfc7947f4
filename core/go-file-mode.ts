type FileType = "file" | "dir" | "symlink" | "char" | "block" | "fifo" | "socket";

/** Type bits of Go's os.FileMode, which the Engine API carries. https://pkg.go.dev/io/fs#FileMode */
const TYPE_BITS: Readonly<Record<FileType, number>> = {
  file: 0,
  dir: 2 ** 31,
  symlink: 2 ** 27,
  block: 2 ** 26,
  char: 2 ** 26 + 2 ** 21,
  fifo: 2 ** 25,
  socket: 2 ** 24,
};
/** Unix bit → Go bit: set-user-id, set-group-id, sticky. */
const SPECIAL_BITS = [
  [0o4000, 2 ** 23],
  [0o2000, 2 ** 22],
  [0o1000, 2 ** 20],
] as const;

/** `mode`: the Unix permission bits, 07777. */
export function goFileMode(type: FileType, mode: number): number {
  const special = SPECIAL_BITS.reduce((sum, [unix, go]) => sum + ((mode & unix) === 0 ? 0 : go), 0);
  return TYPE_BITS[type] + special + (mode & 0o777);
}

// Bit operators of JavaScript see 32 signed bits, so the highest ones are taken by division.
const has = (mode: number, bit: number): boolean => Math.trunc(mode / bit) % 2 === 1;
export const isGoDirectory = (mode: number): boolean => has(mode, TYPE_BITS.dir);
export const isGoSymlink = (mode: number): boolean => has(mode, TYPE_BITS.symlink);
