// What our own client and daemon say to each other inside of BuildKit's protocol, which has no word for it. "v1" changes with the meaning.

/** Attributes of the frontend. */
export const OWN_ATTRS = {
  /** A number: steps performed at a time. */
  jobs: "slipway.v1:jobs",
  /** "true": tell why steps were performed. */
  explain: "slipway.v1:explain",
  /** The id of an image: build again without the cache, and tell what differs from it. */
  verify: "slipway.v1:verify",
  /** "true": tell which images a build for several platforms made. */
  members: "slipway.v1:members",
  /** Comma separated values, of the containers of RUN. */
  dns: "slipway.v1:dns",
  dnsSearch: "slipway.v1:dns-search",
  dnsOptions: "slipway.v1:dns-option",
} as const;

/** Fields of the answer, each a list as JSON. */
export const OWN_ANSWERS = {
  /** Of { id, name, cause }: see the build event "explained". */
  explained: "slipway.v1:explained",
  /** Of { platform, image }, in the order in which they were asked for. */
  members: "slipway.v1:members",
  /** Of { path, what }. */
  differences: "slipway.v1:differences",
} as const;

/** By this header a daemon says which version of Slipway's own paths and attributes it knows. */
export const OWN_API = { header: "slipway-api", version: 1 } as const;

/** The type of an error's detail: the remedy, as text. */
export const HINT_DETAIL = "slipway.v1/hint";
