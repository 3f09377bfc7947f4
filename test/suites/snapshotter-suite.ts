import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Context, describe, it } from "mocha";
import type { Digest } from "../../core/digest.ts";
import type { ErrorCode } from "../../core/error-codes.ts";
import { isCode } from "../../core/errors.ts";
import type { Mount } from "../../core/mount.ts";
import type { FileStat, LayerEntry } from "../../native/kernel.ts";
import { query } from "../../store/database.ts";
import type { HeldLayers } from "../../store/snapshotter.ts";
import type { Store } from "../../store/types.ts";
import { chunks, imageConfig, kernel, missingDigest, type TestStore } from "../store/support.ts";
import { requiresRoot } from "../support/requires.ts";
import { rawTar } from "../support/tar-bytes.ts";

type Check = (store: Store, opened: TestStore) => Promise<void>;

const plain = { mode: 0o644, uid: 0, gid: 0, mtime: 1_700_000_000 };
const dir = (path: string, mode = 0o755): LayerEntry => ({ ...plain, type: "dir", path, mode });
const file = (path: string, text: string): LayerEntry => ({
  ...plain,
  type: "file",
  path,
  size: Buffer.byteLength(text),
  data: Buffer.from(text),
});
const gone = (path: string): LayerEntry => ({ ...plain, type: "whiteout", path });
const opaque = (path: string): LayerEntry => ({ ...plain, type: "opaque", path });

async function layer(store: Store, ...entries: readonly LayerEntry[]): Promise<Digest> {
  using here = await store.trees.openDirectory(store.paths.ingest);
  return (await store.layers.write(here.fd, entries)).diffId;
}

/** The layer most checks stand on. */
const base = (store: Store): Promise<Digest> =>
  layer(
    store,
    dir("etc"),
    file("etc/passwd", "root"),
    file("etc/group", "root"),
    dir("usr"),
    dir("usr/lib"),
    file("usr/lib/a", "a"),
    file("usr/lib/b", "b"),
    dir("tmp", 0o1777),
    { ...plain, type: "symlink", path: "bin", link: "usr/bin" },
  );

/** Runs `work` on the path of a root filesystem that nobody else sees. */
async function inside<T>(mounts: readonly Mount[], work: (root: string) => T): Promise<T> {
  const fd = await kernel.openRootfs(mounts);
  try {
    return work(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}

const shown = ({ type, mode, uid, gid, size, rdevMajor, rdevMinor, link, nlink, mtimeNs }: FileStat) => ({
  type,
  mode,
  owner: [uid, gid],
  ...(type === "dir" ? {} : { size, nlink, mtime: mtimeNs / 1_000_000_000n }),
  ...(type === "char" || type === "block" ? { device: [rdevMajor, rdevMinor] } : {}),
  ...(link === undefined ? {} : { link }),
});

/** Everything about a root filesystem that a layer can say, by path; with the times of directories, which later layers change. */
async function everything(
  store: Store,
  mounts: readonly Mount[],
  withTimes = false,
): Promise<Readonly<Record<string, unknown>>> {
  using tree = await store.trees.open(mounts);
  const found: Record<string, unknown> = {};
  for (const { path, stat } of await tree.scan("/")) {
    const content = stat.type === "file" ? tree.readText(path) : undefined;
    const xattrs = stat.type === "file" ? Object.fromEntries(tree.xattrs(path)) : undefined;
    found[path] = { ...shown(stat), content, xattrs, ...(withTimes ? { mtimeNs: stat.mtimeNs } : {}) };
  }
  return found;
}

async function listed(store: Store, key: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const { path, kind } of store.snapshots.changes(key)) lines.push(`${kind} ${path}`);
  return lines;
}

const failsWith =
  (code: ErrorCode) =>
  (error: unknown): boolean =>
    isCode(error, code);

function run(root: string, command: string): void {
  const { status, stderr } = spawnSync("sh", ["-ec", command], { cwd: root, encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

const CHECKS: Readonly<Record<string, Check>> = {
  "prepares an empty root over no layers": async ({ snapshots }) => {
    const mounts = await snapshots.prepare("a", []);
    await inside(mounts, (root) => {
      assert.deepEqual(readdirSync(root), []);
      writeFileSync(join(root, "f"), "x");
    });
    await inside(await snapshots.mounts("a"), (root) =>
      assert.equal(readFileSync(join(root, "f"), "utf8"), "x"),
    );
    await inside(await snapshots.view([]), (root) => assert.deepEqual(readdirSync(root), []));
  },

  "stacks layers: the upper one wins, whiteouts and opaque directories hide": async (store) => {
    const layers = [
      await base(store),
      await layer(store, dir("etc"), file("etc/passwd", "new"), gone("etc/group")),
      await layer(store, dir("usr"), dir("usr/lib"), opaque("usr/lib"), file("usr/lib/c", "c")),
      await layer(store, gone("tmp")),
    ];
    for (const mounts of [await store.snapshots.view(layers), await store.snapshots.prepare("a", layers)])
      await inside(mounts, (root) => {
        assert.deepEqual(readdirSync(root).sort(), ["bin", "etc", "usr"]);
        assert.deepEqual(readdirSync(join(root, "etc")), ["passwd"]);
        assert.equal(readFileSync(join(root, "etc/passwd"), "utf8"), "new");
        assert.deepEqual(readdirSync(join(root, "usr/lib")), ["c"]);
      });
  },

  "takes the same layer twice": async (store) => {
    const a = await base(store);
    const b = await layer(store, dir("etc"), file("etc/passwd", "new"), gone("usr"));
    const view = await store.snapshots.view([a, b, a]);
    await inside(view, (root) => {
      assert.equal(readFileSync(join(root, "etc/passwd"), "utf8"), "root");
      assert.deepEqual(readdirSync(join(root, "usr/lib")), ["a", "b"]);
    });
  },

  "tells whether a layer changes a file": async (store) => {
    const passwd = "/etc/passwd";
    const touching: readonly (readonly LayerEntry[])[] = [
      [file("etc/passwd", "new")],
      [gone("etc/passwd")],
      [gone("etc")],
      [dir("etc"), opaque("etc"), file("etc/group", "new")],
      [dir("elsewhere"), { ...plain, type: "symlink", path: "etc", link: "elsewhere" }],
    ];
    for (const entries of touching)
      assert.equal(await store.snapshots.touches(await layer(store, ...entries), [passwd]), true);
    const other = await layer(store, dir("etc"), file("etc/group", "new"), file("passwd", "x"));
    const cannotTell = store.snapshots.name === "vfs";
    assert.equal(await store.snapshots.touches(other, [passwd]), cannotTell);
    assert.equal(await store.snapshots.touches(other, [passwd, "/etc/group"]), true);
    await assert.rejects(store.snapshots.touches(missingDigest, [passwd]), failsWith("LAYER_UNKNOWN"));
  },

  "looks at held layers once, and at those that are new to it": async (store) => {
    const held: HeldLayers = new Map();
    const [a, b] = [await base(store), await layer(store, file("f", "x"))];
    for (const layers of [[a], [a, b]])
      for (const mounts of [
        await store.snapshots.view(layers, { held }),
        await store.snapshots.prepare(`on-${layers.length}`, layers, { held }),
      ])
        await inside(mounts, (root) => {
          assert.equal(readFileSync(join(root, "etc/passwd"), "utf8"), "root");
          assert.equal(existsSync(join(root, "f")), layers.includes(b));
        });
    await assert.rejects(store.snapshots.view([a, missingDigest], { held }), failsWith("LAYER_UNKNOWN"));
  },

  "gives a view that cannot be written": async (store) => {
    const a = await base(store);
    const b = await layer(store, file("f", "x"));
    for (const layers of [[], [a], [a, b]])
      await inside(await store.snapshots.view(layers), (root) =>
        assert.throws(() => writeFileSync(join(root, "new"), ""), { code: "EROFS" }),
      );
  },

  "keeps snapshots of the same layers apart": async (store) => {
    const layers = [await base(store)];
    await inside(await store.snapshots.prepare("a", layers), (root) => rmSync(join(root, "etc/passwd")));
    await inside(await store.snapshots.prepare("b", layers), (root) =>
      assert.equal(existsSync(join(root, "etc/passwd")), true),
    );
    await inside(await store.snapshots.mounts("a"), (root) =>
      assert.equal(existsSync(join(root, "etc/passwd")), false),
    );
  },

  "gives the root directory the mode and owner that the layers say": async (store) => {
    const silent = await layer(store, file("f", "x"));
    const telling = rawTar({ name: "./", type: "5", mode: 0o2710, uid: 70_000, gid: 8 });
    const { diffId } = await store.layers.adopt(chunks(telling));
    const rootOf = async (key: string, diffId: Digest) =>
      inside(await store.snapshots.prepare(key, [diffId]), (path) => {
        const { mode, uid, gid } = statSync(path);
        return { mode: mode & 0o7777, uid, gid };
      });
    assert.deepEqual(await rootOf("a", silent), { mode: 0o755, uid: 0, gid: 0 });
    assert.deepEqual(await rootOf("b", diffId), { mode: 0o2710, uid: 70_000, gid: 8 });
  },

  "commits a layer that makes the same root again": async (store) => {
    const { snapshots } = store;
    const layers = [await base(store)];
    const mounts = await snapshots.prepare("a", layers);
    await inside(mounts, (root) => {
      const at = (path: string): string => join(root, path);
      writeFileSync(at("etc/passwd"), "changed");
      rmSync(at("etc/group"));
      rmSync(at("usr/lib"), { recursive: true });
      mkdirSync(at("usr/lib"));
      writeFileSync(at("usr/lib/c"), "c");
      mkdirSync(at("new/deep"), { recursive: true });
      chmodSync(at("new"), 0o2750);
      chownSync(at("new"), 7, 8);
      writeFileSync(at("new/deep/one"), "linked");
      linkSync(at("new/deep/one"), at("new/two"));
      symlinkSync("../etc/passwd", at("new/link"));
      lchownSync(at("new/link"), 3, 4);
      run(root, "mkfifo new/pipe; mknod new/null c 1 3; mknod new/disk b 7 9; chmod 4755 new/two");
      run(root, "rm bin; mkdir bin; echo x > bin/sh; rm -r tmp; echo file > tmp");
      utimesSync(at("new/deep/one"), 1_600_000_000, 1_600_000_000);
    });
    const want = await everything(store, mounts);
    const committed = await snapshots.commit("a");
    assert.ok(committed !== undefined);
    assert.deepEqual(store.layers.stat(committed.diffId), committed);
    assert.deepEqual(await everything(store, await snapshots.view([...layers, committed.diffId])), want);
    await snapshots.remove("a");
    assert.deepEqual(await everything(store, await snapshots.view([...layers, committed.diffId])), want);
  },

  "commits extended attributes": async (store) => {
    if (spawnSync("setfattr", ["--version"]).status !== 0) return;
    const mounts = await store.snapshots.prepare("a", []);
    await inside(mounts, (root) => {
      writeFileSync(join(root, "f"), "x");
      run(root, "setfattr -n user.colour -v blue f");
    });
    const committed = await store.snapshots.commit("a");
    assert.ok(committed !== undefined);
    using tree = await store.trees.open(await store.snapshots.view([committed.diffId]));
    assert.equal(tree.xattrs("f").get("user.colour")?.toString(), "blue");
  },

  "commits nothing when nothing changed": async (store) => {
    const layers = [await base(store)];
    await inside(await store.snapshots.prepare("a", layers), (root) =>
      readFileSync(join(root, "etc/passwd")),
    );
    assert.equal(await store.snapshots.commit("a"), undefined);
    await store.snapshots.prepare("b", []);
    assert.equal(await store.snapshots.commit("b"), undefined);
  },

  "leaves excluded paths out of a commit": async (store) => {
    await inside(await store.snapshots.prepare("a", [await base(store)]), (root) => {
      writeFileSync(join(root, "etc/resolv.conf"), "");
      mkdirSync(join(root, "proc/deep"), { recursive: true });
      writeFileSync(join(root, "kept"), "");
    });
    const committed = await store.snapshots.commit("a", { exclude: ["/etc/resolv.conf", "/proc"] });
    assert.ok(committed !== undefined);
    const found = await everything(store, await store.snapshots.view([committed.diffId]));
    assert.equal(Object.hasOwn(found, "kept"), true);
    assert.equal(Object.hasOwn(found, "etc/resolv.conf"), false);
    assert.equal(Object.hasOwn(found, "proc"), false);
  },

  "clamps times in a commit, so that equal content gives an equal layer": async (store) => {
    const commit = async (key: string, mtime: number): Promise<Digest | undefined> => {
      await inside(await store.snapshots.prepare(key, [await base(store)]), (root) => {
        writeFileSync(join(root, "f"), "x");
        utimesSync(join(root, "f"), mtime, mtime);
        mkdirSync(join(root, "d"));
      });
      return (await store.snapshots.commit(key, { clampMtime: 1_000_000_000 }))?.diffId;
    };
    const first = await commit("a", 1_500_000_000);
    assert.notEqual(first, undefined);
    assert.equal(await commit("b", 1_600_000_000), first);
    assert.notEqual(await commit("c", 900_000_000), first);
  },

  "keeps a snapshot usable after a commit": async (store) => {
    const mounts = await store.snapshots.prepare("a", [await base(store)]);
    await inside(mounts, (root) => writeFileSync(join(root, "one"), "1"));
    await store.snapshots.commit("a");
    await inside(mounts, (root) => writeFileSync(join(root, "two"), "2"));
    const second = await store.snapshots.commit("a");
    assert.ok(second !== undefined);
    const found = await everything(store, await store.snapshots.view([second.diffId]));
    assert.deepEqual(Object.keys(found), ["one", "two"]);
  },

  "may end a snapshot with its commit, with the same result": async (store) => {
    const { snapshots } = store;
    const layers = [await base(store)];
    const change = async (key: string): Promise<void> =>
      inside(await snapshots.prepare(key, layers), (root) => {
        run(
          root,
          "echo changed > etc/passwd; rm etc/group; rm -r usr/lib; mkdir usr/lib; echo c > usr/lib/c",
        );
        run(
          root,
          "mkdir -m 2750 new; echo x > new/one; ln new/one new/two; chown 7:8 new/one; chmod 4755 new/one",
        );
        run(root, "ln -s ../etc new/link; mkfifo new/pipe; mknod new/null c 1 3; rm bin; mkdir bin");
        run(root, "mkdir mnt; echo > etc/resolv.conf; find . -exec touch -h -d 2020-01-01T00:00:00.5 {} +");
        run(root, "touch -d 2024-01-01 new/one");
      });
    const options = { exclude: ["/mnt", "/etc/resolv.conf"], clampMtime: 1_600_000_000 };
    await change("a");
    await change("b");
    const kept = await snapshots.commit("a", options);
    assert.ok(kept !== undefined);
    const want = await everything(store, await snapshots.view([...layers, kept.diffId]), true);
    // So that the consumed one is not spared by what the other left.
    query(store.database, "DELETE FROM derived WHERE id = ?").run(kept.diffId);
    const consumed = await snapshots.commit("b", { ...options, consume: true });
    assert.deepEqual(consumed, kept);
    await snapshots.remove("b");
    assert.deepEqual(await everything(store, await snapshots.view([...layers, kept.diffId]), true), want);
    await snapshots.prepare("c", layers);
    assert.equal(await snapshots.commit("c", { consume: true }), undefined);
    await snapshots.remove("c");
    assert.deepEqual(
      snapshots.list().map(({ key }) => key),
      ["a"],
    );
  },

  "lists changes as docker diff does": async (store) => {
    const mounts = await store.snapshots.prepare("a", [await base(store)]);
    await inside(mounts, (root) => {
      writeFileSync(join(root, "etc/passwd"), "changed");
      mkdirSync(join(root, "new"));
      writeFileSync(join(root, "new/f"), "");
      rmSync(join(root, "usr/lib"), { recursive: true });
      chmodSync(join(root, "tmp"), 0o700);
    });
    assert.deepEqual(await listed(store, "a"), [
      "modified /etc",
      "modified /etc/passwd",
      "added /new",
      "added /new/f",
      "modified /tmp",
      "modified /usr",
      "deleted /usr/lib",
    ]);
  },

  "lists what a replaced directory lost": async (store) => {
    const mounts = await store.snapshots.prepare("a", [await base(store)]);
    await inside(mounts, (root) => run(root, "rm -r usr/lib; mkdir usr/lib; echo c > usr/lib/c"));
    assert.deepEqual(await listed(store, "a"), [
      "modified /usr",
      "modified /usr/lib",
      "deleted /usr/lib/a",
      "deleted /usr/lib/b",
      "added /usr/lib/c",
    ]);
  },

  "lists no changes of an untouched snapshot": async (store) => {
    await store.snapshots.prepare("a", [await base(store)]);
    assert.deepEqual(await listed(store, "a"), []);
  },

  "measures what was written": async (store) => {
    const mounts = await store.snapshots.prepare("a", [await base(store)]);
    assert.deepEqual(await store.snapshots.usage("a"), { bytes: 0, inodes: 0 });
    await inside(mounts, (root) => {
      writeFileSync(join(root, "f"), Buffer.alloc(1000));
      linkSync(join(root, "f"), join(root, "g"));
    });
    const { bytes, inodes } = await store.snapshots.usage("a");
    assert.equal(bytes, 1000);
    assert.equal(inodes, 1);
  },

  "refuses what it cannot do, by name": async (store) => {
    const { snapshots } = store;
    await snapshots.prepare("a", []);
    await assert.rejects(snapshots.prepare("a", []), failsWith("SNAPSHOT_EXISTS"));
    await assert.rejects(snapshots.prepare("b", [missingDigest]), failsWith("LAYER_UNKNOWN"));
    await assert.rejects(snapshots.prepare("../b", []), failsWith("OPTION_INVALID"));
    await assert.rejects(snapshots.view([missingDigest]), failsWith("LAYER_UNKNOWN"));
    for (const call of [snapshots.mounts("x"), snapshots.commit("x"), snapshots.usage("x")])
      await assert.rejects(call, failsWith("SNAPSHOT_UNKNOWN"));
    assert.deepEqual(
      snapshots.list().map(({ key, layers }) => [key, layers]),
      [["a", []]],
    );
  },

  "removes a snapshot for good, and again": async (store) => {
    const { snapshots, paths } = store;
    const mounts = await snapshots.prepare("a", [await base(store)]);
    await inside(mounts, (root) => run(root, "mkdir -m 0 locked; echo x > locked/f; chmod 0 locked"));
    await snapshots.remove("a");
    await snapshots.remove("a");
    assert.deepEqual(readdirSync(paths.snapshots), []);
    assert.deepEqual(snapshots.list(), []);
    await snapshots.prepare("a", []);
  },

  "unpacks a layer once for several who ask at the same time": async (store, opened) => {
    const layers = [await base(store), await layer(store, file("f", "x"))];
    const other = await opened.again();
    const views = [1, 2, 3].flatMap(() => [store.snapshots.view(layers), other.snapshots.view(layers)]);
    const found = await Promise.all(views);
    for (const mounts of found) assert.deepEqual(mounts, found[0]);
    assert.deepEqual(readdirSync(store.paths.ingest), []);
    await other[Symbol.asyncDispose]();
  },

  "gives a collected layer's space back, and unpacks again after a power loss": async (store, opened) => {
    const diffId = await base(store);
    await store.images.publish({ config: imageConfig("a", [diffId]) }, ["a"]);
    await store.snapshots.view([diffId]);
    const made = (): readonly string[] => readdirSync(store.paths.layers).filter((name) => name !== "empty");
    assert.equal(made().length, 1);
    query(store.database, "UPDATE facts SET value = 'before' WHERE name = 'boot'").run();
    const again = await opened.again();
    assert.equal(made().length, 0);
    await inside(await again.snapshots.view([diffId]), (root) =>
      assert.equal(existsSync(join(root, "etc/passwd")), true),
    );
    // Settled by a collection, it survives the next one.
    await again.collect();
    query(again.database, "UPDATE facts SET value = 'before' WHERE name = 'boot'").run();
    const third = await opened.again();
    assert.equal(made().length, 1);
    third.images.remove(third.images.get("a").id);
    const { layers } = await third.collect();
    assert.equal(layers, 1);
    assert.equal(made().length, 0);
    for (const store of [again, third]) await store[Symbol.asyncDispose]();
  },

  "keeps the layers of an open snapshot from being collected": async (store) => {
    const diffId = await base(store);
    const mounts = await store.snapshots.prepare("a", [diffId]);
    assert.equal((await store.collect()).blobs, 0);
    await inside(mounts, (root) => assert.equal(existsSync(join(root, "etc/passwd")), true));
    await store.snapshots.remove("a");
    assert.equal((await store.collect()).blobs, 1);
  },

  "keeps a volatile snapshot usable mount after mount": async (store) => {
    const layers = [await base(store)];
    const mounts = await store.snapshots.prepare("a", layers, { volatile: true });
    await inside(mounts, (root) => writeFileSync(join(root, "f"), "x"));
    await inside(await store.snapshots.mounts("a"), (root) =>
      assert.equal(readFileSync(join(root, "f"), "utf8"), "x"),
    );
    assert.notEqual(await store.snapshots.commit("a"), undefined);
  },
};

/** What every Snapshotter does; `open` makes a fresh store with the driver, which needs what `requires` looks for. */
export function snapshotterSuite(
  name: string,
  open: () => Promise<TestStore>,
  requires: (test: Context) => void = requiresRoot,
): void {
  describe(`Snapshotter contract: ${name}`, () => {
    for (const [title, check] of Object.entries(CHECKS)) {
      it(title, async function () {
        requires(this);
        await using opened = await open();
        assert.equal(opened.store.snapshots.name, name);
        await check(opened.store, opened);
      });
    }
  });
}
