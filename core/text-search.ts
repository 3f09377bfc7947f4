/** Whether something is found anywhere in a text. */
export type TextSearch = (text: string) => boolean;
/** Makes a search of a regular expression; `option` is named when it is none. Throws OPTION_INVALID. */
export type SearchCompiler = (option: string, pattern: string) => TextSearch;

const isPlain = (pattern: string): boolean => !/[\\^$.*+?()[\]{}|]/.test(pattern);

/** What compiles these patterns. Most are plain text, for which the library of expressions is not loaded. */
export async function loadSearch(patterns: readonly string[]): Promise<SearchCompiler> {
  if (patterns.every(isPlain)) return (_option, pattern) => (text) => text.includes(pattern);
  return (await import("./search-pattern.ts")).searchPattern;
}
