/** What of a service are streams: they begin when they are read, so nothing but their names need be known before it is loaded. */
type StreamNames<T> = {
  [K in keyof T]: T[K] extends (...args: never[]) => AsyncIterable<unknown> ? K : never;
}[keyof T];

/** Everything else has to be a promise. */
type Loadable<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R
    ? R extends Promise<unknown> | AsyncIterable<unknown>
      ? (...args: A) => R
      : never
    : never;
};

/** A function that does its work at the first call, for all who call it. What failed is tried again by who calls it later. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

type Method = (...args: readonly unknown[]) => unknown;
type Methods = Readonly<Record<string, Method>>;

/**
 * A service that is loaded with the first call of one of its methods: most commands need few, and loading takes longer than what they do. What
 * `load` rejects with, the call rejects with. `streams`: all of its methods that return an AsyncIterable.
 */
export function lazyService<T extends Loadable<T>>(
  load: () => Promise<T>,
  streams: Readonly<Record<StreamNames<T>, true>>,
): T {
  const call = async (name: string, args: readonly unknown[]) => {
    const service = await load();
    return (service as Methods)[name]?.apply(service, [...args]);
  };
  async function* stream(name: string, args: readonly unknown[]) {
    yield* (await call(name, args)) as AsyncIterable<unknown>;
  }
  const method =
    (name: string): Method =>
    (...args) =>
      Object.hasOwn(streams, name) ? stream(name, args) : call(name, args);
  // A promise resolves with a service, which must not look like one itself.
  const get = (_service: T, name: string | symbol) =>
    typeof name === "symbol" || name === "then" ? undefined : method(name);
  return new Proxy(Object.create(null) as T, { get });
}
