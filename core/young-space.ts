/**
 * Has V8 keep its space for young objects as small as it is: while very many are made it would grow to 32 MiB, as if they were to stay. V8 takes no
 * code that was compiled before with other flags, so this is for work beside which compiling a module is nothing.
 */
export async function keepYoungSpaceSmall(): Promise<void> {
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--semi-space-growth-factor=1");
}
