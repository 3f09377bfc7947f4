import type { Kernel } from "../../native/kernel.ts";

interface RecordedCall {
  readonly name: keyof Kernel;
  readonly args: readonly unknown[];
}

/**
 * A kernel for tests without root: it notes every call, and answers with the functions it was given.
 * A call without an answer throws, so that no test passes by luck.
 */
interface RecordingKernel {
  readonly kernel: Kernel;
  readonly calls: readonly RecordedCall[];
}

export function recordingKernel(answers: Partial<Kernel> = {}): RecordingKernel {
  const calls: RecordedCall[] = [];
  const kernel = new Proxy(answers, {
    get(_target, name: keyof Kernel) {
      return (...args: readonly unknown[]): unknown => {
        calls.push({ name, args });
        const answer = answers[name] as ((...args: readonly unknown[]) => unknown) | undefined;
        if (answer === undefined) throw new Error(`the test has no answer for kernel.${name}`);
        return answer(...args);
      };
    },
  }) as Kernel;
  return { kernel, calls };
}
