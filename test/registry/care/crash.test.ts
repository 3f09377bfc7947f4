import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, it } from "mocha";
import { digestOf } from "../../../core/digest.ts";
import { loadKernel } from "../../../native/binding.ts";
import { scrubRegistry } from "../../../registry/care/scrub.ts";
import { openEmbedded } from "../../../registry/storage/embedded.ts";
import { openFilesystem } from "../../../registry/storage/filesystem.ts";
import { openStore } from "../../../store/open-store.ts";
import { Scratch } from "../../support/scratch.ts";
import { imageManifest } from "../server/support.ts";

/** How often the server is killed; SLIPWAY_KILLS=100 for the long form. */
const KILLS = Number(process.env["SLIPWAY_KILLS"] ?? 3);
const LONGEST_LIFE_MS = 600;
const WORKERS = 4;
const CHUNKS = 3;

interface Served {
  readonly child: ChildProcess;
  readonly url: string;
}

async function serve(driver: string, root: string): Promise<Served> {
  const program = fileURLToPath(new URL("server-process.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", program, driver, root], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { child, url: `http://127.0.0.1:${line.toString().trim()}` };
}

async function ok(url: string, init: RequestInit, want: number): Promise<Response> {
  const response = await fetch(url, init);
  if (response.status !== want)
    throw new Error(`${init.method} ${url}: ${response.status} ${await response.text()}`);
  return response;
}

/** In chunks, so that a kill finds uploads half done; the location is kept for a later look. */
async function pushBlob(
  url: string,
  repository: string,
  content: Buffer,
  begun: Set<string>,
): Promise<string> {
  const started = await ok(`${url}/v2/${repository}/blobs/uploads/`, { method: "POST" }, 202);
  const location = started.headers.get("location") ?? "";
  begun.add(location);
  const size = Math.ceil(content.byteLength / CHUNKS);
  for (let at = 0; at < content.byteLength; at += size)
    await ok(`${url}${location}`, { method: "PATCH", body: content.subarray(at, at + size) }, 202);
  const digest = digestOf(content);
  await ok(`${url}${location}?digest=${digest}`, { method: "PUT" }, 201);
  begun.delete(location);
  return digest;
}

interface Ledger {
  /** Manifests a client was told are there, by "repository tag". */
  readonly acknowledged: Map<string, string>;
  /** Uploads a client was told of and never saw end. */
  readonly begun: Set<string>;
}

/** Pushes until the server is gone. */
async function push(url: string, repository: string, { acknowledged, begun }: Ledger): Promise<void> {
  for (;;) {
    const layer = randomBytes(20_000 + Math.floor(Math.random() * 200_000));
    const digest = await pushBlob(url, repository, layer, begun);
    await pushBlob(url, repository, Buffer.from("{}"), begun);
    const manifest = imageManifest([{ digest, size: layer.byteLength }]);
    const tag = `t${acknowledged.size}-${repository.length}`;
    const init = {
      method: "PUT",
      body: JSON.stringify(manifest),
      headers: { "content-type": manifest.mediaType },
    };
    await ok(`${url}/v2/${repository}/manifests/${tag}`, init, 201);
    acknowledged.set(`${repository} ${tag}`, digestOf(JSON.stringify(manifest)));
  }
}

async function verify(url: string, { acknowledged, begun }: Ledger): Promise<void> {
  for (const [key, digest] of acknowledged) {
    const [repository, tag] = key.split(" ");
    const response = await ok(`${url}/v2/${repository}/manifests/${tag}`, { method: "GET" }, 200);
    assert.equal(digestOf(Buffer.from(await response.arrayBuffer())), digest, key);
  }
  for (const location of begun) {
    const { status, headers } = await fetch(`${url}${location}`);
    assert.ok(
      status === 204 ? /^0-\d+$/.test(headers.get("range") ?? "") : status === 404,
      `${location}: ${status}`,
    );
  }
}

async function problemsOf(driver: string, root: string): Promise<readonly string[]> {
  if (driver === "filesystem") {
    await using storage = openFilesystem(root);
    return (await scrubRegistry(storage)).problems;
  }
  await using store = await openStore(root, { kernel: loadKernel() });
  // A file renamed just before the kill has no row yet; collection takes it away.
  await store.collect();
  const found = await store.check();
  return [...(await scrubRegistry(openEmbedded(store))).problems, ...found.problems];
}

/** A fetch that fails because the server is gone is what this test is about; an answer that refuses is not. */
const isGone = (error: unknown): boolean => error instanceof TypeError;

describe("a registry that is killed", () => {
  for (const driver of ["embedded", "filesystem"])
    it(`keeps every manifest it acknowledged, and its uploads go on: ${driver}`, async function () {
      this.timeout(30_000 + KILLS * 10_000);
      using scratch = new Scratch();
      const root = scratch.join("root");
      const ledger: Ledger = { acknowledged: new Map(), begun: new Set() };
      for (let kill = 0; kill < KILLS; kill++) {
        const { child, url } = await serve(driver, root);
        await verify(url, ledger);
        const refused: unknown[] = [];
        const workers = Array.from({ length: WORKERS }, (_, i) =>
          push(url, `team/${"x".repeat(i + 1)}`, ledger).catch(
            (error: unknown) => isGone(error) || refused.push(error),
          ),
        );
        await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * LONGEST_LIFE_MS));
        child.kill("SIGKILL");
        await Promise.all([once(child, "exit"), ...workers]);
        assert.deepEqual(refused, []);
      }
      const { child, url } = await serve(driver, root);
      await verify(url, ledger);
      child.kill("SIGKILL");
      await once(child, "exit");
      assert.ok(ledger.acknowledged.size > 0);
      assert.deepEqual(await problemsOf(driver, root), []);
    });
});
