import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "mocha";
import { DESCRIPTION, describedRoutes, openPath, renderDescription } from "../../scripts/api-description.ts";

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: object;
  readonly requestBody?: object;
}
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

describe("docs/api.json", () => {
  it("is what `npm run docs` makes of the daemon's routes", async () => {
    assert.equal(await readFile(DESCRIPTION, "utf8"), renderDescription());
  });

  it("has every route once, with its parameters, its statuses and its body", async () => {
    const { paths } = JSON.parse(await readFile(DESCRIPTION, "utf8")) as { readonly paths: Paths };
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const routes = describedRoutes();
    assert.deepEqual(
      described.toSorted(),
      routes.map(({ method, path }) => `${method} ${openPath(path)}`).toSorted(),
    );
    for (const { method, path, answers, refuses = [], query, body, takes } of routes) {
      const operation = paths[openPath(path)]?.[method.toLowerCase()];
      assert.ok(operation !== undefined);
      const named = [...path.matchAll(/[:*](\w+)/g)].map(([, name = ""]) => name);
      const asked = Object.keys((query as { readonly shape?: object } | undefined)?.shape ?? {});
      assert.deepEqual(
        operation.parameters.map(({ name }) => name),
        [...named, ...asked],
        path,
      );
      assert.deepEqual(
        Object.keys(operation.responses).map(Number),
        [...new Set([...Object.keys(answers).map(Number), 400, ...refuses, 500])].toSorted((a, b) => a - b),
        path,
      );
      assert.equal(operation.requestBody !== undefined, body !== undefined || takes !== undefined, path);
    }
  });
});
