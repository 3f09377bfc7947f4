import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Context } from "mocha";
import type { Digest } from "../../../core/digest.ts";
import { parseReference } from "../../../core/reference.ts";
import { loadKernel } from "../../../native/binding.ts";
import type { ExchangeOnLoopback } from "../../../registry/client/http/brief.ts";
import type { RegistryOptions } from "../../../registry/client/registries.ts";
import { RegistryClient } from "../../../registry/client/registry-client.ts";
import type { Store } from "../../../store/types.ts";
import { chunks, imageConfig } from "../../store/support.ts";
import { Scratch } from "../../support/scratch.ts";

/** "host:port" of a registry that is not ours; the test is skipped where there is none. */
export function requiresPeerRegistry(test: Context): string {
  const host = process.env["SLIPWAY_PEER_REGISTRY"];
  if (host !== undefined && host !== "") return host;
  if (test.test !== undefined) test.test.title += " (skipped: needs SLIPWAY_PEER_REGISTRY=host:port)";
  test.skip();
}

const kernel = loadKernel();
export const exchange: ExchangeOnLoopback = (...sent) => kernel.exchangeOnLoopback(...sent);
export const anonymous: RegistryOptions = { credentials: { get: async () => undefined }, env: {}, exchange };

export const openClient = (store: Store, options: Partial<RegistryOptions> = {}): RegistryClient =>
  new RegistryClient(store, { ...anonymous, ...options });

/** A tar with one file. */
export function tarOf(name: string, content: string | Buffer): Buffer {
  using scratch = new Scratch();
  writeFileSync(scratch.join(name), content);
  return execFileSync("tar", ["--mtime=@1700000000", "-C", scratch.path, "-c", name], { maxBuffer: 1 << 28 });
}

/** Puts an image of these layers (tars) into the store under a name. */
export async function makeImage(store: Store, name: string, tars: readonly Buffer[]): Promise<Digest> {
  const layers: Digest[] = [];
  for (const tar of tars) layers.push((await store.layers.adopt(chunks(tar))).diffId);
  await store.flush();
  const { id } = await store.images.publish({ config: imageConfig(name, layers) }, [name]);
  return id;
}

export const ref = parseReference;
