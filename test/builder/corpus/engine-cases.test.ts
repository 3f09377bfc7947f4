import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { posix } from "node:path";
import type { ContainerConfig } from "../../../image/config.ts";
import { requiresRoot } from "../../support/requires.ts";
import { BuildFixture } from "../support/build-fixture.ts";
import { type Node, nodesOf } from "../support/file-tree.ts";
import { type EngineCase, EngineCorpus } from "./engine-cases.ts";

/** Cases that differ, each with its reason. */
const EXPLAINED: Readonly<Record<string, string>> = {
  "copy-multiple-missing-file-with-nomatch-on-glob": "a pattern may match nothing, as in BuildKit",
  "dockerignore-exclude-kind-of-deep-subdir-dot": "exceptions hold below ignored directories, as in BuildKit",
  "dockerignore-exclude-kind-of-deep-subdir-star":
    "exceptions hold below ignored directories, as in BuildKit",
  "dockerignore-exclude-deep-subdir-dot": "exceptions hold below ignored directories, as in BuildKit",
  "dockerignore-exclude-deep-subdir-star": "exceptions hold below ignored directories, as in BuildKit",
  "add-parent-symlink":
    "a link that leads out of an archive is held inside it; the engine fails with its syscall",
  "replace-symlink-with-directory": "a link is not replaced with a directory, as in BuildKit",
  "replace-directory-with-symlink": "a directory is not replaced with a link, as in BuildKit",
  "replace-symlink-with-directory-subdir": "a directory is not replaced with a link, as in BuildKit",
  "replace-directory-with-symlink-subdir": "a link is not replaced with a directory, as in BuildKit",
};

/** What the engine's classic builder always writes and BuildKit does not, and the other way round. */
const ALWAYS_EQUAL: readonly (keyof ContainerConfig)[] = ["Hostname", "Domainname", "ArgsEscaped"];

const needsNothing = (dockerfile: string): boolean =>
  !/^\s*(?:onbuild\s+)?run\b/im.test(dockerfile) &&
  [...dockerfile.matchAll(/^\s*from\s+(?:--\S+\s+)*(\S+)(?:\s+as\s+(\S+))?/gim)].every(
    ([, base = ""], i, all) =>
      base === "scratch" || all.slice(0, i).some(([, , name]) => name?.toLowerCase() === base.toLowerCase()),
  );

function compared(config: ContainerConfig = {}): Readonly<Record<string, unknown>> {
  const entries = Object.entries(config).filter(([name, value]) => {
    if (ALWAYS_EQUAL.includes(name as keyof ContainerConfig)) return false;
    // BuildKit says that an image starts in "/", the classic builder says nothing.
    if (name === "WorkingDir" && value === "/") return false;
    if (value === null || value === "" || value === false) return false;
    return !(typeof value === "object" && Object.keys(value as object).length === 0);
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function linesOf(nodes: ReadonlyMap<string, Node>): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const [path, { headers, content }] of nodes) {
    const owner = `${headers.uid}:${headers.gid}`;
    const permissions = ((headers.mode ?? 0) & 0o777).toString(8);
    const source =
      headers.type === "link" ? nodes.get(posix.join("/", headers.linkname ?? ""))?.content : content;
    const digest = `sha256:${createHash("sha256")
      .update(source ?? "")
      .digest("hex")}`;
    if (headers.type === "symlink") tree[path] = `link ${owner} -> ${headers.linkname}`;
    else if (headers.type === "directory") tree[path] = `directory ${permissions} ${owner}`;
    else if (headers.type === "fifo") tree[path] = `fifo ${permissions} ${owner}`;
    else tree[path] = `file ${permissions} ${owner} ${digest}`;
  }
  return tree;
}

/** "(dir):a:(dir):b" leaves out /a/b; times are not compared at all. */
function withoutSkipped(
  tree: Readonly<Record<string, string>>,
  { fsSkip }: EngineCase,
): Record<string, string> {
  const skipped = (fsSkip ?? [])
    .filter((path) => !/:(?:mtime|size|mode|uid|gid)$/.test(path))
    .map((path) => path.split(":").filter((part) => part !== "(dir)"))
    .map((parts) => `/${parts.join("/")}`);
  return Object.fromEntries(
    Object.entries(tree).filter(
      ([path]) => !skipped.some((skip) => path === skip || path.startsWith(`${skip}/`)),
    ),
  );
}

describe("the engine's recorded build cases", () => {
  it("that need no base image", async function () {
    this.timeout(120_000);
    requiresRoot(this);
    using corpus = new EngineCorpus(this);
    await using fixture = await BuildFixture.open();
    const problems = new Map<string, string>();
    let total = 0;
    for (const each of corpus.cases.filter(({ withoutDocker }) => !withoutDocker)) {
      const context = corpus.context(each);
      const text = corpus.dockerfile(each, context);
      if (!needsNothing(text)) continue;
      total++;
      const problem = await differenceOf(fixture, corpus, { each, context, text });
      if (problem !== undefined) problems.set(each.name, problem);
    }
    const explained = Object.entries(EXPLAINED).map(([name, reason]) => `\n      not ${name}: ${reason}`);
    this.runnable().title += `: ${total - problems.size} of ${total} as recorded${explained.join("")}`;
    for (const name of Object.keys(EXPLAINED))
      assert.ok(problems.delete(name), `${name} is explained but equal`);
    assert.deepEqual([...problems], []);
  });
});

async function differenceOf(
  fixture: BuildFixture,
  corpus: EngineCorpus,
  { each, context, text }: { readonly each: EngineCase; readonly context: string; readonly text: string },
): Promise<string | undefined> {
  const recorded = corpus.recorded(each);
  try {
    const built = await fixture.build([text], { context, buildArgs: each.buildArgs ?? {} });
    if (recorded === undefined) return "an image, where the engine fails";
    const layers = built.config.rootfs.diff_ids.map((layer) =>
      createReadStream(fixture.store.content.path(layer)),
    );
    const nodes = await nodesOf(layers);
    assert.deepEqual(withoutSkipped(linesOf(nodes), each), withoutSkipped(recorded.tree, each));
    assert.deepEqual(compared(built.config.config), compared(recorded.config.config));
    return undefined;
  } catch (error) {
    if (recorded === undefined && !(error instanceof assert.AssertionError)) return undefined;
    return String(error);
  }
}
