import type { Source as Origin } from "../dockerfile/resolved.ts";
import type { BaseImage } from "../ports.ts";
import type { Entitlement } from "./entitlements.ts";

export interface PlanOptions {
  /** The image of an `Origin`, which was resolved when the Dockerfile was. */
  readonly imageOf: (source: Origin & { readonly kind: "image" }) => BaseImage;
  /** Of the whole build: it goes before what a RUN says. */
  readonly network: "default" | "host" | "none";
  readonly extraHosts: readonly string[];
  /** Of the containers of RUN. */
  readonly hostname?: string;
  readonly allow: readonly Entitlement[];
  /** Keeps caches of the same id apart. */
  readonly cacheNamespace: string;
  /** Positions of stages whose steps are not looked for in the cache. */
  readonly uncached?: ReadonlySet<number>;
}
