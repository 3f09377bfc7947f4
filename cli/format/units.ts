const DECIMAL = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** At most `digits` significant ones, without trailing zeros: 72.2, 1.98, 164. */
const significant = (value: number, digits: number): number => Number(value.toPrecision(digits));

function scaled(bytes: number, base: number, units: readonly string[], digits: number): string {
  let value = bytes;
  let unit = 0;
  // Rounded before it is compared, so that 999.9 kB becomes 1MB and not 1000kB.
  while (significant(value, digits) >= base && unit < units.length - 1) {
    value /= base;
    unit += 1;
  }
  return `${significant(value, digits)}${units[unit]}`;
}

/** Bytes as docker lists sizes: decimal units, three significant digits. "72.2MB" */
export const humanSize = (bytes: number): string => scaled(bytes, 1000, DECIMAL, 3);

/** Bytes as docker shows memory: binary units, four significant digits. "1.5GiB" */
export const humanMemory = (bytes: number): string => scaled(bytes, 1024, BINARY, 4);
