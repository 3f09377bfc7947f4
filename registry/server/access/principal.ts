import type { Allows } from "../../access/rights.ts";

/** Who somebody has shown to be, as long as the files of users and tokens still say so. */
export interface Principal {
  /** Undefined: whoever has not logged in. */
  readonly name: string | undefined;
  /** Changes with the password, so that what was given for the old one ends with it. Empty for whoever has not logged in. */
  readonly stamp: string;
  readonly allows: Allows;
}
