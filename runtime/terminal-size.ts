export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Of a terminal of which nobody has said how large it is. */
export const DEFAULT_SIZE: TerminalSize = { columns: 80, rows: 24 };
