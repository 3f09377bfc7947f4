/**
 * Puts the terminal on `fd` into raw mode until disposed, or until the process ends. Node's own raw mode still turns "\n" into "\r\n" on output
 * (libuv keeps ONLCR), which the container's terminal has done already.
 */
export async function rawTerminal(fd: number): Promise<Disposable> {
  const { loadKernel } = await import("../native/binding.ts");
  const kernel = loadKernel();
  const saved = kernel.rawTerminal(fd);
  const restore = () => kernel.restoreTerminal(fd, saved);
  process.once("exit", restore);
  return {
    [Symbol.dispose]: () => {
      process.off("exit", restore);
      restore();
    },
  };
}
