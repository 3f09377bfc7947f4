/** Milliseconds of a clock that only goes forward. That of performance.now() takes as many to load in Node. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
