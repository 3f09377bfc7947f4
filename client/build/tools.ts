import type { Descriptor } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import type { ByteStream } from "../../core/streams.ts";
import type { BuildService } from "../../engine/api.ts";

/** What the builder knows that a build elsewhere needs here too; who connects hands it over. */
export interface BuildTools {
  /** Which paths of a folder an ignore file leaves out. Throws PATTERN_INVALID. */
  parseIgnore(text: string): IgnoreRules;
  /** The lines of a Dockerfile around those that a failure is about, ready to be printed. */
  excerpt(text: string, at: { readonly line: number; readonly endLine: number }): string;
  /** See BuildService.openLayout(). */
  readonly openLayout: BuildService["openLayout"];
  /** A folder that is an OCI image layout, or becomes one. */
  openFolder(path: string): LayoutFolder;
}
export interface LayoutFolder {
  /** What it has under a tag, or under a digest where that is given. Rejects where its index is none. */
  find(named: { readonly tag: string; readonly digest?: Digest }): Promise<Descriptor | undefined>;
  /** The length of a blob in bytes; undefined where there is none. */
  size(digest: Digest): Promise<number | undefined>;
  /** The bytes of a blob, or `length` of them, which is not zero. */
  read(digest: Digest, part?: { readonly start?: number; readonly length?: number }): ByteStream;
  /** Puts a blob there, whose content is verified by who gives it. */
  write(digest: Digest, content: ByteStream): Promise<void>;
  /** Gives a manifest a tag. */
  name(manifest: Descriptor, tag: string): Promise<void>;
}
export interface IgnoreRules {
  /** `path`: relative and clean, "a/b". */
  hides(path: string): boolean;
  /** True when nothing below the folder `path` can be visible. */
  hidesAllBelow(path: string): boolean;
}
export type LoadBuildTools = () => Promise<BuildTools>;
