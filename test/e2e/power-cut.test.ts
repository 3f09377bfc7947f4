import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { Context } from "mocha";
import { TestRegistry } from "../registry/server/support.ts";
import { LoggedDisk } from "../support/power-cut/logged-disk.ts";
import { MountedDisk } from "../support/power-cut/mounted-disk.ts";
import { LOSSES, type Loss, PowerCuts } from "../support/power-cut/power-cuts.ts";
import { restartWith } from "../support/power-cut/restarted-machine.ts";
import { requiresCommand, requiresErofs, skip } from "../support/requires.ts";
import { requiresContainers } from "../support/runtime-rig.ts";
import { Scratch } from "../support/scratch.ts";
import { builtCommand, commandEnv } from "./support/command.ts";

/** How often the power fails in each recording; SLIPWAY_CUTS=100 for the long form. */
const CUTS = Number(process.env["SLIPWAY_CUTS"] || 2);
/** The same cuts again: SLIPWAY_SEED. */
const SEED = Number(process.env["SLIPWAY_SEED"] || 1);

const DOCKERFILE = `
FROM busybox
COPY files /files
RUN dd if=/dev/urandom of=/random bs=64k count=12 2>/dev/null && cp -r /files /copy
RUN find /files /copy /random -type f -exec sha256sum {} + > /sums && rm -r /copy/5
ENTRYPOINT ["sh", "-c", "grep -v /copy/5 /sums | sha256sum -c -s"]
`;

/** What a command changes: the image that a name has after it, or "" for none. */
interface Change {
  readonly name: string;
  readonly id: string;
  /** The log's length before the command and after it had said that it was done. */
  readonly from: number;
  readonly to: number;
}
type Slipway = (...argv: readonly string[]) => Promise<string>;

/** `slipway` with the state root on a disk. */
const slipwayOn =
  (disk: MountedDisk, root: string, driver: string): Slipway =>
  (...argv) =>
    disk.ok([builtCommand(), "--root", root, ...argv], { ...commandEnv(), SLIPWAY_STORAGE_DRIVER: driver });

/** Calls what `change` is to be recorded with. */
type Record = (name: string, work: () => Promise<string>) => Promise<void>;

/** One kind of work that the power fails in. */
interface Work {
  /** Before the recording begins. */
  readonly prepare: (slipway: Slipway) => Promise<unknown>;
  readonly record: (slipway: Slipway, record: Record) => Promise<void>;
  /** What has to succeed after a cut, whatever it left. */
  readonly again: (slipway: Slipway) => Promise<unknown>;
}

const idOf = (slipway: Slipway, name: string): Promise<string> =>
  slipway("image", "inspect", "-f", "{{.Id}}", name);

function writeContext(folder: string, version: number): void {
  for (let i = 0; i < 12; i++) {
    mkdirSync(`${folder}/files/${i}`, { recursive: true });
    writeFileSync(`${folder}/files/${i}/file`, `${i < 6 ? 0 : version}`.repeat(i * 9000));
  }
  writeFileSync(`${folder}/Dockerfile`, DOCKERFILE);
}

function builds(tar: string, context: string): Work {
  const build = (slipway: Slipway, name: string): Promise<string> =>
    slipway("build", "-q", "--network", "none", "-t", name, context);
  return {
    prepare: (slipway) => slipway("import", "-c", 'CMD ["true"]', tar, "busybox:latest"),
    record: async (slipway, record) => {
      for (const [version, name] of ["app:1", "app:2", "app:1"].entries()) {
        writeContext(context, version);
        await record(name, () => build(slipway, name));
      }
      await record("cached:1", () => build(slipway, "cached:1"));
      await record("app:2", async () => {
        await slipway("rmi", "app:2");
        return "";
      });
      await slipway("system", "prune", "-f");
      // Layers that were collected are made again.
      writeContext(context, 1);
      await record("app:3", () => build(slipway, "app:3"));
    },
    again: (slipway) => build(slipway, "again:1"),
  };
}

function pulls(host: string): Work {
  const pull = async (slipway: Slipway, name: string): Promise<string> => {
    await slipway("pull", "-q", name);
    return await idOf(slipway, name);
  };
  const [first, second] = [`${host}/app:1`, `${host}/app:2`];
  return {
    prepare: (slipway) => slipway("pull", "-q", `${host}/busybox:latest`),
    record: async (slipway, record) => {
      for (const name of [first, second]) await record(name, () => pull(slipway, name));
      await record("app:1", async () => {
        await slipway("tag", second, "app:1");
        return await idOf(slipway, second);
      });
      await record(first, async () => {
        await slipway("rmi", first);
        return "";
      });
      await slipway("system", "prune", "-f");
      await record(first, () => pull(slipway, first));
    },
    again: async (slipway) => {
      for (const name of [first, second])
        await slipway("run", "--rm", "--network", "none", "--pull=always", name);
    },
  };
}

/** What `name` may be after a cut: what the last command that was done made of it, and what one made of it that was not. */
function allowed(changes: readonly Change[], name: string, cut: number): readonly string[] {
  const own = changes.filter((change) => change.name === name);
  const done = own.filter(({ to }) => to <= cut).at(-1)?.id ?? "";
  return [done, ...own.filter(({ from, to }) => from <= cut && cut < to).map(({ id }) => id)];
}

/** Linear congruence (Knuth, MMIX): the same cuts for a seed. */
function generator(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 2n ** 64n;
    return Number(state >> 32n) / 2 ** 32;
  };
}

describe("a power cut", () => {
  let busybox: string;
  before(function () {
    busybox = requiresContainers(this);
    for (const command of ["mkfs.ext4", "unshare", "nsenter", "cp"]) requiresCommand(this, command);
    for (const device of ["/dev/fuse", "/dev/loop-control"])
      if (!existsSync(device)) skip(this, `needs ${device}`);
  });

  /** Does the work on a disk that remembers, with its changes as they were said to be done. */
  async function recorded(scratch: Scratch, driver: string, work: Work): Promise<readonly Change[]> {
    await using disk = await LoggedDisk.open(scratch);
    const slipway = slipwayOn(disk.mounted, `${disk.folder}/root`, driver);
    await work.prepare(slipway);
    await disk.mounted.ok(["sync", "-f", disk.folder]);
    const changes: Change[] = [];
    await work.record(slipway, async (name, change) => {
      const from = disk.position;
      const id = await change();
      changes.push({ name, id, from, to: disk.position });
    });
    return changes;
  }

  /** What is wrong after a cut. */
  async function wrongAfter(
    slipway: Slipway,
    {
      cut,
      changes,
      work,
    }: { readonly cut: number; readonly changes: readonly Change[]; readonly work: Work },
  ): Promise<readonly string[]> {
    const wrong: string[] = [];
    const trying = async (what: string, work: () => Promise<unknown>): Promise<void> => {
      await work().catch((error: unknown) => wrong.push(`${what}: ${String(error)}`));
    };
    await trying("check", () => slipway("system", "check"));
    const listed = await slipway("images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}");
    // The ids of images that lost their tags are names as well.
    const images = new Map(
      listed.split("\n").map((line) => {
        const [name = "", id = ""] = line.split(" ");
        return name.endsWith(":<none>") ? [id, id] : [name, id];
      }),
    );
    for (const name of new Set(changes.map((change) => change.name))) {
      const want = allowed(changes, name, cut);
      const id = images.get(name) ?? "";
      if (!want.includes(id)) wrong.push(`${name} is ${id}, expected ${want.join(" or ")}`);
    }
    for (const name of images.keys())
      await trying(name, () => slipway("run", "--rm", "--network", "none", name));
    await trying("again", () => work.again(slipway));
    return wrong;
  }

  async function survives(driver: string, workIn: (scratch: Scratch) => Work): Promise<void> {
    using scratch = new Scratch();
    const work = workIn(scratch);
    const changes = await recorded(scratch, driver, work);
    const random = generator(SEED);
    using cuts = new PowerCuts(scratch);
    const [first, last] = [changes[0], changes.at(-1)];
    const found: string[] = [];
    for (const [i, cut] of cuts.points(CUTS, first?.from ?? 0, last?.to ?? 0, random).entries()) {
      const loss: Loss = LOSSES[i % LOSSES.length] ?? "all";
      // A file of its own: the mounts of a container that has ended keep the last disk mounted for a moment longer.
      const disk = scratch.join(`cut-${i}`);
      cuts.write(disk, cut, loss, random);
      await using machine = await restartWith(scratch, disk);
      const slipway = slipwayOn(machine, scratch.join("mounted/root"), driver);
      const wrong = await wrongAfter(slipway, { cut, changes, work });
      found.push(...wrong.map((line) => `cut ${i} at ${cut}, ${loss} lost: ${line}`));
      rmSync(disk);
    }
    assert.deepEqual(found, []);
  }

  const DRIVERS: Readonly<globalThis.Record<string, (test: Context) => void>> = {
    overlay2: () => undefined,
    erofs: requiresErofs,
  };
  for (const [driver, requires] of Object.entries(DRIVERS)) {
    describe(`with ${driver}`, () => {
      before(function () {
        requires(this);
      });

      it(`leaves whole what was built, ${CUTS} times`, async function () {
        this.timeout(60_000 + CUTS * 60_000);
        await survives(driver, (scratch) => builds(busybox, scratch.join("context")));
      });

      it(`leaves whole what was pulled, ${CUTS} times`, async function () {
        this.timeout(60_000 + CUTS * 60_000);
        await using registry = await TestRegistry.open();
        const host = `127.0.0.1:${registry.port}`;
        await fill(host, busybox);
        await survives(driver, () => pulls(host));
      });
    });
  }
});

/** Puts what is to be pulled into a registry. */
async function fill(host: string, busybox: string): Promise<void> {
  using scratch = new Scratch();
  await using here = await MountedDisk.open("", []);
  const slipway = slipwayOn(here, scratch.join("root"), "overlay2");
  const work = builds(busybox, scratch.join("context"));
  await work.prepare(slipway);
  const push = async (from: string, to: string): Promise<void> => {
    await slipway("tag", from, `${host}/${to}`);
    await slipway("push", "-q", `${host}/${to}`);
  };
  await push("busybox:latest", "busybox:latest");
  for (const version of [1, 2]) {
    writeContext(scratch.join("context"), version);
    await slipway("build", "-q", "--network", "none", "-t", "app", scratch.join("context"));
    await push("app", `app:${version}`);
  }
}
