import { type DriverName, parseDriverName } from "../../store/snapshots/choose-driver.ts";

/** The snapshot driver that tests with containers and builds use: SLIPWAY_STORAGE_DRIVER, which the command line honours too. */
export function testedDriver(): { readonly driver?: DriverName } {
  const name = process.env["SLIPWAY_STORAGE_DRIVER"];
  return name === undefined || name === "" ? {} : { driver: parseDriverName(name) };
}
