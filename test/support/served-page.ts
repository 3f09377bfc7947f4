import { eventually } from "./eventually.ts";

/** The page that `address` serves, on a connection of its own: the server begins when its container does, so it is asked until it answers. */
export const servedPage = (address: string): Promise<string> =>
  eventually(() => page(address).catch(() => ""));

async function page(address: string): Promise<string> {
  const options = { headers: { connection: "close" }, signal: AbortSignal.timeout(3000) };
  return (await fetch(`http://${address}/`, options)).text();
}
