/** What the builder knows that a build elsewhere needs here too; who connects hands it over. */
export interface BuildTools {
  /** Which paths of a folder an ignore file leaves out. Throws PATTERN_INVALID. */
  parseIgnore(text: string): IgnoreRules;
  /** The lines of a Dockerfile around those that a failure is about, ready to be printed. */
  excerpt(text: string, at: { readonly line: number; readonly endLine: number }): string;
}
export interface IgnoreRules {
  /** `path`: relative and clean, "a/b". */
  hides(path: string): boolean;
  /** True when nothing below the folder `path` can be visible. */
  hidesAllBelow(path: string): boolean;
}
export type LoadBuildTools = () => Promise<BuildTools>;
