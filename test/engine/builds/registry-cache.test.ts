import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { makeImage, ref, tarOf } from "../../registry/client/support.ts";
import { requiresOverlay } from "../../support/requires.ts";
import { CountedRegistry, Machine, toRegistry } from "./support.ts";

const tenSteps = (host: string, last = "nine"): readonly string[] => [
  `FROM ${host}/base:1`,
  "COPY a /a",
  ...Array.from({ length: 8 }, (_, i) => `RUN write file${i} ${i}`),
  `RUN write last ${last}`,
];
describe("a cache in a registry", () => {
  before(function () {
    requiresOverlay(this);
  });

  async function prepared(registry: CountedRegistry, machine: Machine): Promise<string> {
    const { host } = registry;
    await makeImage(machine.fixture.store, `${host}/base:1`, [tarOf("base", "base".repeat(50_000))]);
    await machine.client.push(ref(`${host}/base:1`));
    const cache = `${host}/app/cache:main`;
    await machine.build(tenSteps(host), { cacheTo: [toRegistry(cache)] });
    registry.forget();
    return cache;
  }

  it("lets a machine that has nothing build ten steps and push them without fetching a layer", async () => {
    await using registry = await CountedRegistry.open();
    await using here = await Machine.open();
    await using there = await Machine.open();
    const { host } = registry;
    const cache = await prepared(registry, here);
    const cacheFrom = [{ kind: "registry", reference: cache }] as const;
    const name = `${host}/app/image:1`;
    const built = await there.build(tenSteps(host), { cacheFrom, tags: [name], pushOnly: true });
    const [pushed] = await there.push(name, built);
    assert.deepEqual(built.performed, []);
    assert.deepEqual(
      [...there.fixture.store.content.list()].filter(({ size }) => size > 10_000),
      [],
    );
    const sizes = [...registry.fetched.values()];
    assert.equal(sizes.length, 2, "only the configurations of base and cache");
    assert.ok(
      sizes.every((size) => size < 8000),
      sizes.join(),
    );

    const pulled = await here.client.pull(ref(name));
    assert.equal(pulled.digest, pushed?.digest);
    const expected = await here.build(tenSteps(host), {});
    assert.equal(pulled.id, expected.image);
  });

  it("brings what a changed step needs, and sends only the layer of that step", async () => {
    await using registry = await CountedRegistry.open();
    await using here = await Machine.open();
    await using there = await Machine.open();
    const { host } = registry;
    const cache = await prepared(registry, here);
    const cacheFrom = [{ kind: "registry", reference: cache }] as const;
    const cacheTo = [toRegistry(cache)];
    const name = `${host}/app/image:1`;
    const options = { cacheFrom, cacheTo, tags: [name], pushOnly: true };
    await there.build(tenSteps(host), options);
    assert.equal(registry.uploads, 0, "a cache that did not change was written");
    const built = await there.build(tenSteps(host, "changed"), options);
    assert.deepEqual(built.performed, ["[11/11] RUN write last changed"]);
    assert.equal(built.unstored, undefined, "what is in the store is an image of the store");
    assert.equal(registry.uploads, 2, "the layer and the cache's document");
    assert.equal(there.fixture.store.images.find(`${host}/base:1`)?.layers.length, 1);
  });

  it("can be in an image, and is then where the image is", async () => {
    await using registry = await CountedRegistry.open();
    await using here = await Machine.open();
    await using there = await Machine.open();
    const name = `${registry.host}/inline:1`;
    const dockerfile = ["FROM scratch", "COPY a /a", "RUN write b c"];
    const cacheTo = [{ ...toRegistry(""), to: { kind: "inline" } }] as const;
    const first = await here.build(dockerfile, { tags: [name], cacheTo });
    await here.push(name, first);
    const cacheFrom = [{ kind: "registry", reference: name }] as const;
    const second = await there.build(dockerfile, { cacheFrom, cacheTo });
    assert.deepEqual(second.performed, []);
    assert.equal(second.image, first.image);
  });

  it("has cache mounts, which are fetched when a command has them and sent when they changed", async () => {
    await using registry = await CountedRegistry.open();
    await using here = await Machine.open();
    await using there = await Machine.open();
    const reference = `${registry.host}/app/cache:mounts`;
    const cacheTo = [{ ...toRegistry(reference), mounts: true }];
    const cacheFrom = [{ kind: "registry", reference } as const];
    const dockerfile = (last: string) => [
      "FROM scratch",
      "RUN --mount=type=cache,target=/c mount random 300000",
      `RUN --mount=type=cache,target=/c ${last}`,
    ];
    const fetched = () => [...registry.fetched.values()].filter((size) => size > 200_000).length;
    const sent = () => registry.sent.filter(({ byteLength }) => byteLength > 200_000).length;
    await here.build(dockerfile("write a a"), { cacheTo });
    assert.equal(sent(), 1);
    registry.forget();
    await here.build(dockerfile("write a b"), { cacheTo });
    assert.equal(sent(), 0, "a mount that did not change was sent again");
    await there.build(dockerfile("write a b"), { cacheFrom, cacheTo });
    assert.equal(fetched(), 0, "a mount was fetched that no command had");
    await there.build(dockerfile("write a c"), { cacheFrom, cacheTo });
    assert.deepEqual([fetched(), sent()], [1, 0]);
    await there.build(dockerfile("mount random 250000"), { cacheFrom, cacheTo });
    assert.deepEqual([fetched(), sent()], [1, 1]);
    const mounts = (await there.fixture.builder.usage()).filter(({ kind }) => kind === "mount");
    assert.equal(mounts.length, 1);
    assert.ok((mounts[0]?.bytes ?? 0) >= 250_000);
    assert.deepEqual(
      [...there.fixture.store.content.list()].filter(({ size }) => size > 200_000),
      [],
    );
  });

  it("takes cache mounts from another registry without their being needed", async () => {
    await using registry = await CountedRegistry.open();
    await using other = await CountedRegistry.open();
    await using here = await Machine.open();
    await using there = await Machine.open();
    await using last = await Machine.open();
    const dockerfile = (last = "write a a") => [
      "FROM scratch",
      "RUN --mount=type=cache,target=/c mount kept 300000",
      `RUN --mount=type=cache,target=/c ${last}`,
    ];
    const [first, second] = [`${registry.host}/cache:1`, `${other.host}/cache:2`] as const;
    const from = (reference: string) => [{ kind: "registry", reference } as const];
    const to = (reference: string) => [{ ...toRegistry(reference), mounts: true }];
    await here.build(dockerfile(), { cacheTo: to(first) });
    const { performed } = await there.build(dockerfile(), { cacheFrom: from(first), cacheTo: to(second) });
    assert.deepEqual(performed, []);
    await last.build(dockerfile("find kept"), { cacheFrom: from(second) });
    assert.equal(last.found, 300_000);
  });

  it("is a warning when it is none, and nothing when it is not there yet", async () => {
    await using registry = await CountedRegistry.open();
    await using here = await Machine.open();
    const { host } = registry;
    await makeImage(here.fixture.store, `${host}/image:1`, [tarOf("a", "a")]);
    await here.client.push(ref(`${host}/image:1`));
    const from = (reference: string) => ({ cacheFrom: [{ kind: "registry", reference } as const] });
    const dockerfile = ["FROM scratch", "COPY a /a"];
    const image = await here.build(dockerfile, from(`${host}/image:1`));
    assert.match(image.warnings.join(), /is not used: it is an image without one/);
    assert.deepEqual((await here.build(dockerfile, from(`${host}/none:1`))).warnings, []);
    const gone = await here.build(dockerfile, from("127.0.0.1:1/none:1"));
    assert.match(gone.warnings.join(), /the cache of 127.0.0.1:1\/none:1 is not used: /);
  });
});
