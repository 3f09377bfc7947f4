import { Failure } from "./errors.ts";
import { formatPlatform, type Platform, parsePlatform, samePlatform } from "./platform.ts";

/** What a build writes into manifests beside an image: `--annotation`. https://github.com/opencontainers/image-spec/blob/main/annotations.md */
export interface Annotation {
  readonly key: string;
  readonly value: string;
  /** Of an image for this platform only. */
  readonly platform?: Platform;
}
export type Annotations = Readonly<Record<string, string>>;

const PLACE = /^([a-z-]+)(?:\[([A-Za-z0-9_/-]+)\])?$/;
/** BuildKit's attribute of an output: "annotation.KEY", "annotation-manifest[linux/arm64].KEY". */
const ATTRIBUTE = /^annotation(?:-([a-z-]+))?(?:\[([A-Za-z0-9_/-]+)\])?\.(\S+)$/;
/** Where BuildKit can write annotations besides manifests. */
const ELSEWHERE = ["index", "index-descriptor", "manifest-descriptor"];

export const isAnnotationAttribute = (name: string): boolean => ATTRIBUTE.test(name);

/** "KEY=VALUE", "manifest:KEY=VALUE", "manifest[PLATFORM],…:KEY=VALUE". Throws OPTION_INVALID, OPTION_UNSUPPORTED, PLATFORM_INVALID. */
export function parseAnnotation(text: string): readonly Annotation[] {
  const wrong = (want: string): Failure =>
    new Failure("OPTION_INVALID", { option: "--annotation", got: text, want });
  const at = text.indexOf("=");
  if (at === -1) throw wrong("key=value");
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  const colon = name.indexOf(":");
  const [places, key] = colon === -1 ? ["manifest", name] : [name.slice(0, colon), name.slice(colon + 1)];
  if (!/^\S+$/.test(key)) throw wrong("a key without spaces");
  return places.split(",").map((place) => {
    const [, type, platform] = PLACE.exec(place) ?? [];
    if (type === undefined) throw wrong("manifest or manifest[PLATFORM] before the colon");
    return { key, value, ...placed({ type, platform }, `--annotation ${text}`) };
  });
}

/** Attributes of an output that annotate; the others are passed over. Throws as parseAnnotation(). */
export const annotationsOf = (attributes: ReadonlyMap<string, string>): readonly Annotation[] =>
  [...attributes].flatMap(([name, value]) => {
    const [, type = "manifest", platform, key] = ATTRIBUTE.exec(name) ?? [];
    return key === undefined ? [] : [{ key, value, ...placed({ type, platform }, `${name}=${value}`) }];
  });

/** As attributes of an output. */
export const annotationAttributes = (
  annotations: readonly Annotation[],
): readonly (readonly [string, string])[] =>
  annotations.map(({ key, value, platform }) => {
    const suffix = platform === undefined ? "" : `-manifest[${formatPlatform(platform)}]`;
    return [`annotation${suffix}.${key}`, value];
  });

function placed(
  { type, platform }: { readonly type: string; readonly platform: string | undefined },
  option: string,
): Pick<Annotation, "platform"> {
  if (ELSEWHERE.includes(type)) throw new Failure("OPTION_UNSUPPORTED", { option: `${type} of ${option}` });
  if (type !== "manifest")
    throw new Failure("OPTION_INVALID", { option: "annotation", got: type, want: "manifest" });
  return platform === undefined ? {} : { platform: parsePlatform(platform) };
}

/** Those of an image for a platform; of the same key the last one, and one for the platform before one for all. Undefined for none. */
export function annotationsFor(
  annotations: readonly Annotation[],
  platform: Platform,
): Annotations | undefined {
  const own = annotations.filter((one) => one.platform !== undefined && samePlatform(one.platform, platform));
  const all = [...annotations.filter((one) => one.platform === undefined), ...own];
  return all.length === 0 ? undefined : Object.fromEntries(all.map(({ key, value }) => [key, value]));
}

/** Throws OPTION_INVALID for one whose platform is not built for. */
export function checkAnnotations(annotations: readonly Annotation[], platforms: readonly Platform[]): void {
  for (const { platform, key, value } of annotations) {
    if (platform === undefined || platforms.some((built) => samePlatform(built, platform))) continue;
    throw new Failure("OPTION_INVALID", {
      option: "--annotation",
      got: `manifest[${formatPlatform(platform)}]:${key}=${value}`,
      want: `a platform of this build: ${platforms.map(formatPlatform).join(", ")}`,
    });
  }
}
