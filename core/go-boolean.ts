const BOOLEANS: Readonly<Record<string, boolean | undefined>> = {
  "1": true,
  t: true,
  T: true,
  true: true,
  True: true,
  TRUE: true,
  "0": false,
  f: false,
  F: false,
  false: false,
  False: false,
  FALSE: false,
};

/** A boolean as Go's strconv.ParseBool takes it; undefined when it is none. */
export const parseBoolean = (text: string): boolean | undefined =>
  Object.hasOwn(BOOLEANS, text) ? BOOLEANS[text] : undefined;
