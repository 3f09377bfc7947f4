/** Attributes that are honoured, or say what always holds, each with the test of its value. */
export type Accepts = Readonly<Record<string, (value: string) => boolean>>;

/** Whether the attribute is one of them, with such a value. */
export const isAccepted = (accepts: Accepts, name: string, value: string): boolean =>
  Object.hasOwn(accepts, name) && accepts[name]?.(value) === true;
