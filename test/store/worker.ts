import { mkdirSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestOf } from "../../core/digest.ts";
import type { Store } from "../../store/types.ts";
import { imageConfig, openAt } from "./support.ts";

type Task = (store: Store, args: readonly string[]) => Promise<string>;

/** What a process beside the tests does to a root; see processes.ts. */
const TASKS: Readonly<Record<string, Task>> = {
  open: async () => "opened",

  /** Adds one to a number in a file, many times, each time under a lock. */
  count: async (store, [file = ""]) => {
    for (let i = 0; i < 50; i += 1) {
      await using _lock = await store.locks.hold("counter");
      const value = Number(readFileSync(file, "utf8"));
      await new Promise(setImmediate);
      writeFileSync(file, String(value + 1));
    }
    return "counted";
  },

  /** Writes blobs that others write too, tags an image again and again, and collects garbage. */
  churn: async (store, [number = ""]) => {
    for (let i = 0; i < 15; i += 1) {
      await using lease = store.leases.open(`churn ${number}`);
      const { digest } = await store.content.put(Buffer.from(`layer ${i % 5}`));
      const image = await store.images.publish({ config: imageConfig(`of ${i % 3}`, [digest]) }, [
        "latest:a",
      ]);
      store.images.tag(image.id, `own:${number}`);
      lease.blob(digest as Digest);
      if (i % 4 === 0) await store.collect();
    }
    return "churned";
  },

  /** Leaves everything a build in the middle leaves, and waits to be killed. */
  mess: async (store) => {
    const lease = store.leases.open("a build");
    const ingest = await store.content.ingest();
    writeSync(ingest.fd, "half a layer");
    const folder = join(store.paths.snapshots, "half");
    lease.temporary(folder);
    mkdirSync(folder);
    const { digest } = await store.content.put(Buffer.from("unpublished"));
    lease.blob(digest);
    console.log("ready");
    return new Promise(() => setInterval(() => undefined, 1000));
  },

  hold: async (store) => {
    await store.locks.hold("held");
    console.log("ready");
    return new Promise(() => setInterval(() => undefined, 1000));
  },

  /** Writes one blob after another, for a kill at any moment. */
  write: async (store) => {
    console.log("ready");
    for (let i = 0; ; i += 1) {
      const content = Buffer.alloc(100_000, `${i}`);
      await store.content.put(content, i % 2 === 0 ? {} : { sync: false });
      await store.images.publish({ config: imageConfig(`${i}`, [digestOf(content)]) }, [`image:${i}`]);
    }
  },
};

const [name = "", root = "", ...args] = process.argv.slice(2);
const task = TASKS[name];
if (task === undefined) throw new Error(`no task ${name}`);
const store = await openAt(root);
console.log(await task(store, args));
await store[Symbol.asyncDispose]();
