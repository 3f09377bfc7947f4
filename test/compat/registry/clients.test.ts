import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { after, before, type Context, describe, it } from "mocha";
import { type Digest, digestOf } from "../../../core/digest.ts";
import { MEDIA_TYPES } from "../../../image/media-types.ts";
import { imageIndex, imageManifest, TestRegistry } from "../../registry/server/support.ts";
import { requiresCommand, requiresPeer } from "../../support/requires.ts";
import { Scratch } from "../../support/scratch.ts";

/** A program whose first argument is the client to run, where clients are not in PATH: SLIPWAY_PEERS. */
const WRAPPER = process.env["SLIPWAY_PEERS"];
const TIMEOUT_MS = 60_000;

interface Copy {
  readonly client: string;
  /** Command lines that take `from` and leave it at `to`. */
  readonly lines: (from: string, to: string) => readonly (readonly string[])[];
  /** Whether the bytes of the manifest stay as they were. */
  readonly exact: boolean;
}
const pullAndPush = (client: string): Copy => ({
  client,
  exact: false,
  lines: (from, to) => [
    [client, "pull", "-q", "--tls-verify=false", from],
    [client, "push", "-q", "--tls-verify=false", from, to],
    [client, "rmi", from],
  ],
});
const COPIES: readonly Copy[] = [
  {
    client: "docker",
    exact: false,
    lines: (from, to) => [
      ["docker", "pull", "-q", from],
      ["docker", "tag", from, to],
      ["docker", "push", "-q", to],
      ["docker", "rmi", from, to],
    ],
  },
  pullAndPush("podman"),
  pullAndPush("buildah"),
  {
    client: "skopeo",
    exact: true,
    lines: (from, to) => [
      [
        "skopeo",
        "copy",
        "-q",
        "--all",
        "--insecure-policy",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
        `docker://${from}`,
        `docker://${to}`,
      ],
    ],
  },
  {
    client: "regctl",
    exact: true,
    lines: (from, to) => [
      ["regctl", "--host", `reg=${from.replace(/\/.*/, "")},tls=disabled`, "image", "copy", from, to],
    ],
  },
  { client: "crane", exact: true, lines: (from, to) => [["crane", "copy", "--insecure", from, to]] },
  {
    client: "oras",
    exact: true,
    lines: (from, to) => [["oras", "cp", "--from-plain-http", "--to-plain-http", from, to]],
  },
];

/** docker is a client of a daemon that runs already; others may stand behind the wrapper, but for what Debian does not have. */
function commandOf(
  test: Context,
  [client = "", ...args]: readonly string[],
): readonly [string, readonly string[]] {
  if (client === "docker") return [requiresPeer(test), args];
  if (WRAPPER === undefined || client === "regctl") return [requiresCommand(test, client), args];
  return [WRAPPER, [client, ...args]];
}

async function run(test: Context, line: readonly string[]): Promise<string> {
  const [command, args] = commandOf(test, line);
  const { stdout } = await promisify(execFile)(command, args, { timeout: TIMEOUT_MS, cwd: "/" });
  return stdout;
}

/** Pushes an image of three layers that can be unpacked; its manifest and digest. */
async function pushImage(registry: TestRegistry, repository: string, tag: string, architecture = "amd64") {
  using scratch = new Scratch();
  const layers = ["one", "two", "three"].map((name) => {
    writeFileSync(scratch.join(name), `${name} of ${tag}`);
    return execFileSync("tar", ["-C", scratch.path, "-c", name]);
  });
  const config = JSON.stringify({
    os: "linux",
    architecture,
    config: { Cmd: ["/one"] },
    rootfs: { type: "layers", diff_ids: layers.map((layer) => digestOf(layer)) },
  });
  const descriptors: { readonly mediaType: string; readonly digest: Digest; readonly size: number }[] = [];
  for (const layer of layers.map((plain) => gzipSync(plain))) {
    const digest = await registry.pushBlob(repository, layer);
    descriptors.push({ mediaType: MEDIA_TYPES.layerGzip, digest, size: layer.byteLength });
  }
  const digest = await registry.pushBlob(repository, config);
  const manifest = {
    ...imageManifest(),
    config: { mediaType: MEDIA_TYPES.config, digest, size: Buffer.byteLength(config) },
    layers: descriptors,
  };
  const { status, headers } = await registry.putManifest(repository, tag, manifest);
  assert.equal(status, 201);
  return { digest: String(headers["docker-content-digest"]), size: JSON.stringify(manifest).length };
}

/** Pushes an artifact that refers to an image. */
async function pushArtifact(
  registry: TestRegistry,
  subject: { readonly digest: string; readonly size: number },
) {
  const note = Buffer.from("a note");
  const layer = { digest: await registry.pushBlob("from", note), size: note.byteLength };
  await registry.pushBlob("from", "{}");
  const { status } = await registry.putManifest("from", "artifact", {
    ...imageManifest(),
    artifactType: "application/note",
    config: { mediaType: "application/vnd.oci.empty.v1+json", digest: digestOf("{}"), size: 2 },
    layers: [{ mediaType: "text/plain", ...layer }],
    subject: { mediaType: MEDIA_TYPES.manifest, ...subject },
  });
  assert.equal(status, 201);
}

describe("real clients against the registry", function () {
  this.timeout(4 * TIMEOUT_MS);
  let registry: TestRegistry;
  let host: string;
  let image: { readonly digest: string; readonly size: number };
  before(async () => {
    registry = await TestRegistry.open();
    host = `127.0.0.1:${registry.port}`;
    image = await pushImage(registry, "from", "image");
    const two = await pushImage(registry, "from", "other", "arm64");
    const platforms = [
      { ...image, platform: { os: "linux", architecture: "amd64" } },
      { ...two, platform: { os: "linux", architecture: "arm64" } },
    ];
    assert.equal((await registry.putManifest("from", "index", imageIndex(platforms))).status, 201);
    await pushArtifact(registry, image);
  });
  after(() => registry?.[Symbol.asyncDispose]());

  const manifestOf = async (repository: string, tag: string) => {
    const { status, headers, body } = await registry.send("GET", `/v2/${repository}/manifests/${tag}`);
    assert.equal(status, 200, `${repository}:${tag}`);
    return { digest: String(headers["docker-content-digest"]), document: JSON.parse(body.toString()) };
  };

  for (const { client, lines, exact } of COPIES) {
    for (const tag of ["image", "index"])
      it(`${client} pulls and pushes an ${tag}`, async function () {
        for (const line of lines(`${host}/from:${tag}`, `${host}/to/${client}:${tag}`)) await run(this, line);
        const [from, to] = [await manifestOf("from", tag), await manifestOf(`to/${client}`, tag)];
        if (exact) assert.equal(to.digest, from.digest);
        // Who pulls an index for this machine pushes the one image of it.
        else assert.equal(to.document.layers.length, 3);
      });
    // The others take what they can run, and nothing else.
    if (exact)
      it(`${client} pulls and pushes an artifact with a subject`, async function () {
        const to = `to/${client}-artifact`;
        for (const line of lines(`${host}/from:artifact`, `${host}/${to}:artifact`)) await run(this, line);
        const { digest } = await manifestOf("from", "artifact");
        assert.equal((await manifestOf(to, "artifact")).digest, digest);
        const { body } = await registry.send("GET", `/v2/${to}/referrers/${image.digest}`);
        const { manifests } = JSON.parse(body.toString()) as { manifests: readonly { digest: string }[] };
        assert.deepEqual(
          manifests.map((one) => one.digest),
          [digest],
        );
      });
  }

  it("oras attaches an artifact to an image, and finds it there", async function () {
    const subject = `${host}/from:image`;
    await run(this, [
      "oras",
      "attach",
      "--plain-http",
      "--artifact-type",
      "application/note",
      "--annotation",
      "a=b",
      subject,
    ]);
    const found = await run(this, ["oras", "discover", "--plain-http", "--format", "json", subject]);
    assert.match(found, /application\/note/);
  });

  it("crane lists tags, verifies an index and deletes a manifest", async function () {
    assert.equal(
      (await run(this, ["crane", "ls", "--insecure", `${host}/from`])).trim(),
      "artifact\nimage\nindex\nother",
    );
    await run(this, ["crane", "validate", "--insecure", "--remote", `${host}/from:index`]);
    await pushImage(registry, "gone", "1");
    const { digest } = await manifestOf("gone", "1");
    await run(this, ["crane", "delete", "--insecure", `${host}/gone@${digest}`]);
    assert.equal((await registry.send("GET", "/v2/gone/manifests/1")).status, 404);
  });
});
