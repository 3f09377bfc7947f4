import { DIGEST_ALGORITHMS, type Digest, isDigest, isDigestAlgorithm } from "./digest.ts";
import { Failure } from "./errors.ts";

/**
 * A name for an image, normalised as Docker does: "debian" is docker.io/library/debian. Neither `tag` nor `digest` is
 * added by parsing; see withDefaultTag(). Grammar: https://pkg.go.dev/github.com/distribution/reference
 */
export interface Reference {
  /** Host with optional port: "docker.io", "localhost:5000", "[::1]:5000". */
  readonly domain: string;
  /** Repository on that host: "library/debian". */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const HUB = "docker.io";
const LEGACY_HUB = "index.docker.io";
const OFFICIAL = "library/";
const DEFAULT_TAG = "latest";
const PATH_LIMIT = 255;
/** Longest text that can be right: domain (255), path, tag (128) and digest (sha512) with their separators, rounded up. */
const TEXT_LIMIT = 1024;

const PART = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const HOST = `(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])`;
const TAG = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
const DIGEST = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
const FORM = new RegExp(
  `^(?<domain>${HOST}(?::[0-9]+)?)/(?<path>${PART}(?:/${PART})*)(?::(?<tag>${TAG}))?(?:@(?<digest>${DIGEST}))?$`,
);
const TAG_FORM = new RegExp(`^${TAG}$`);
const IDENTIFIER = /^[a-f0-9]{64}$/;

/** Reads "[host[:port]/]name[:tag][@digest]"; throws REFERENCE_INVALID in Docker's words. */
export function parseReference(text: string): Reference {
  const refuse = (why: string): Failure => new Failure("REFERENCE_INVALID", { text, why });
  if (IDENTIFIER.test(text))
    throw refuse(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const [host, rest] = splitDomain(text.slice(0, TEXT_LIMIT + 1));
  const [name = ""] = rest.split(":", 1);
  if (name !== name.toLowerCase())
    throw refuse(`invalid reference format: repository name (${name}) must be lowercase`);
  const groups = text.length > TEXT_LIMIT ? undefined : FORM.exec(`${host}/${rest}`)?.groups;
  if (groups === undefined)
    throw refuse(
      `invalid reference format: expected [host[:port]/]name[:tag][@digest], got ${JSON.stringify(text.slice(0, TEXT_LIMIT))}`,
    );
  const { domain = "", path = "", tag, digest } = groups;
  if (path.length > PATH_LIMIT)
    throw refuse(`repository name must not be more than ${PATH_LIMIT} characters`);
  if (digest !== undefined && !isDigest(digest)) throw refuse(whyNotDigest(digest));
  return { domain, path, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

const whyNotDigest = (digest: string): string =>
  isDigestAlgorithm(digest.slice(0, digest.indexOf(":")))
    ? `invalid checksum digest length: expected 64 hex digits for sha256, 128 for sha512, got ${JSON.stringify(digest)}`
    : `unsupported digest algorithm: expected ${DIGEST_ALGORITHMS.join(" or ")}, got ${JSON.stringify(digest)}`;

/** A first component is a host only if it looks like one: it has a dot, a port or upper case, or is "localhost". */
function splitDomain(text: string): readonly [domain: string, rest: string] {
  const slash = text.indexOf("/");
  const first = text.slice(0, Math.max(slash, 0));
  const isHost = first === "localhost" || /[.:]/.test(first) || first !== first.toLowerCase();
  const domain = slash < 0 || !isHost ? HUB : first === LEGACY_HUB ? HUB : first;
  const rest = slash >= 0 && isHost ? text.slice(slash + 1) : text;
  return [domain, domain === HUB && !rest.includes("/") ? OFFICIAL + rest : rest];
}

/** The same reference with ":latest" when it has neither tag nor digest. */
export const withDefaultTag = (reference: Reference): Reference =>
  reference.tag === undefined && reference.digest === undefined
    ? { ...reference, tag: DEFAULT_TAG }
    : reference;

/** Throws REFERENCE_INVALID when `tag` is not [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}. */
export function withTag(reference: Reference, tag: string): Reference {
  if (!TAG_FORM.test(tag))
    throw new Failure("REFERENCE_INVALID", {
      text: tag,
      why: `invalid tag format: ${JSON.stringify(tag.slice(0, TEXT_LIMIT))}`,
    });
  return { ...reference, tag };
}

/** "docker.io/library/debian". */
export const repositoryOf = (reference: Reference): string => `${reference.domain}/${reference.path}`;

/** The repository as users know it: "debian", "user/app", "localhost:5000/app". */
export function familiarName({ domain, path }: Reference): string {
  if (domain !== HUB) return `${domain}/${path}`;
  const short = path.startsWith(OFFICIAL) ? path.slice(OFFICIAL.length) : path;
  // "library/a/b" is no official image, and 64 hex digits alone would be read as an id.
  return short.includes("/") || IDENTIFIER.test(short) ? path : short;
}

const suffixOf = ({ tag, digest }: Reference): string =>
  (tag === undefined ? "" : `:${tag}`) + (digest === undefined ? "" : `@${digest}`);

/** The full form, one per reference: "docker.io/library/debian:bookworm". */
export const formatReference = (reference: Reference): string =>
  repositoryOf(reference) + suffixOf(reference);

/** The form shown to users: "debian:bookworm". */
export const familiarReference = (reference: Reference): string =>
  familiarName(reference) + suffixOf(reference);
