import type { LazyList } from "../../../core/lazy-list.ts";
import type { FileStat, Store, Tree } from "../../../store/types.ts";
import type { ImageDifference } from "../../api.ts";

type Parts = Pick<Store, "images" | "snapshots" | "trees">;
interface Entry {
  readonly stat: FileStat;
  /** Of a regular file: what it has, and its attributes, in one word. */
  readonly content: string | undefined;
}

/** What differs between two images of the store: fields of the configuration, then files of the root filesystem in the order of their paths. */
export async function compareImages(
  store: Parts,
  one: string,
  other: string,
): Promise<readonly ImageDifference[]> {
  const [before, after] = [store.images.get(one), store.images.get(other)];
  if (before.id === after.id) return [];
  const configs = await Promise.all([store.images.config(before.id), store.images.config(after.id)]);
  const { rootfs: _, ...first } = configs[0];
  const { rootfs: _other, ...second } = configs[1];
  const [was, is] = [await entriesOf(store, before.layers), await entriesOf(store, after.layers)];
  const files = [...new Set([...was.keys(), ...is.keys()])]
    .toSorted()
    .flatMap((path) => differencesOf(path, was.get(path), is.get(path)));
  const hidden = files.length === 0 && before.layers.join() !== after.layers.join();
  return [
    ...differencesOfFields(first, second),
    ...files,
    ...(hidden ? [{ what: "a layer, in files that a later one replaces or removes" }] : []),
  ];
}

function differencesOfFields(before: object, after: object): readonly ImageDifference[] {
  const [was, is] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name): readonly ImageDifference[] => {
    const [from, to] = [JSON.stringify(was.get(name)), JSON.stringify(is.get(name))];
    if (from === to) return [];
    const isShort = typeof was.get(name) === "string" && typeof is.get(name) === "string";
    return [{ what: `the image's ${name}${isShort ? ` (${from} and ${to})` : ""}` }];
  });
}

async function entriesOf(
  { snapshots, trees }: Parts,
  layers: Parameters<Parts["snapshots"]["view"]>[0],
): Promise<ReadonlyMap<string, Entry>> {
  if (layers.length === 0) return new Map();
  using tree = await trees.open(await snapshots.view(layers));
  const entries = await tree.scan("/");
  const files = entries.filter(({ stat }) => stat.type === "file").map(({ path }) => path);
  const contents = await contentsOf(tree, files);
  return new Map(
    entries.map(({ path, stat }) => [`/${path}`.replace(/^\/+/, "/"), { stat, content: contents.get(path) }]),
  );
}

async function contentsOf(tree: Tree, paths: LazyList<string>): Promise<ReadonlyMap<string, string>> {
  const prints = await tree.fingerprint(paths);
  return new Map(
    prints.map(({ content, xattrs = new Map<string, Buffer>() }, i) => {
      const attributes = [...xattrs].map(([name, value]) => `${name}=${value.toString("hex")}`);
      return [paths.at(i) ?? "", [content, ...attributes.toSorted()].join(" ")];
    }),
  );
}

const octal = ({ mode }: FileStat): string => (mode & 0o7777).toString(8).padStart(4, "0");
const owner = ({ uid, gid }: FileStat): string => `${uid}:${gid}`;
/** A layer has whole seconds. */
const time = ({ mtimeNs }: FileStat): string =>
  `${new Date(Number(mtimeNs / 1_000_000n)).toISOString().slice(0, 19)}Z`;

/** What may differ of a path that both have, each as words for people. */
const ASPECTS: readonly (readonly [
  name: string,
  of: (entry: Entry) => string | undefined,
  shown: boolean,
])[] = [
  ["type", ({ stat }) => stat.type, true],
  ["mode", ({ stat }) => octal(stat), true],
  ["owner", ({ stat }) => owner(stat), true],
  ["target", ({ stat }) => stat.link, true],
  ["content", ({ content }) => content, false],
  ["time", ({ stat }) => time(stat), true],
];

function differencesOf(
  path: string,
  before: Entry | undefined,
  after: Entry | undefined,
): readonly ImageDifference[] {
  if (before === undefined) return [{ path, what: "is new in the second build" }];
  if (after === undefined) return [{ path, what: "is missing in the second build" }];
  return ASPECTS.flatMap(([name, of, shown]) => {
    const [from, to] = [of(before), of(after)];
    return from === to ? [] : [{ path, what: shown ? `${name} (${from} and ${to})` : name }];
  });
}
