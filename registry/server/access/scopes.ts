import { Failure } from "../../../core/errors.ts";
import { type Allows, RIGHTS, type Right } from "../../access/rights.ts";
import { formatScope, type Scope } from "../../shared/scope.ts";
import type { Action } from "../call.ts";
import { isRepository } from "../names.ts";

/** More scopes make a token that no header takes. */
const LIMIT = 20;
// https://distribution.github.io/distribution/spec/auth/scope/: a class in parentheses may follow the type.
const FORM = /^(repository|registry)(?:\([a-z0-9]+\))?:([^:]+):([a-z*,]+)$/;
const IN_REPOSITORY: readonly Right[] = ["pull", "push", "delete"];

/** Reads what a token is asked for; several scopes may stand in one text. Throws TOKEN_REQUEST_INVALID for anything that is no scope. */
export function readScopes(texts: readonly string[]): readonly Scope[] {
  const parts = texts.flatMap((text) => text.split(" ")).filter((part) => part !== "");
  if (parts.length > LIMIT)
    throw new Failure("TOKEN_REQUEST_INVALID", { why: `more than ${LIMIT} scopes at once` });
  return parts.map((part) => {
    const [, type = "", name = "", actions = ""] = FORM.exec(part) ?? [];
    if (type === "repository" ? !isRepository(name) : name !== "catalog")
      throw new Failure("TOKEN_REQUEST_INVALID", {
        why: `${JSON.stringify(part.slice(0, 300))} is no scope: expected repository:<name>:<actions> or registry:catalog:*`,
      });
    return { type, name, actions: actions.split(",") };
  });
}

/** Of what is asked for, what may be had; `*` stands for all of it. */
export function grantedScopes(asked: readonly Scope[], allows: Allows): readonly Scope[] {
  return asked.flatMap(({ type, name, actions }): readonly Scope[] => {
    if (type === "registry") return allows("catalog") ? [{ type, name, actions: ["*"] }] : [];
    const wanted = actions.includes("*")
      ? IN_REPOSITORY
      : IN_REPOSITORY.filter((one) => actions.includes(one));
    const granted = wanted.filter((one) => allows(one, name));
    return granted.length === 0 ? [] : [{ type, name, actions: granted }];
  });
}

/** What the scopes of a token allow: never more than they say, whoever has the token. */
export const scopesAllow =
  (scopes: readonly Scope[]): Allows =>
  (action, repository) =>
    scopes.some(({ type, name, actions }) =>
      action === "catalog"
        ? type === "registry" && name === "catalog" && actions.includes("*")
        : type === "repository" && name === repository && actions.includes(action),
    );

/** The right an action of a request takes; undefined when to be somebody is enough. */
export const rightFor = (action: Action): Right | undefined => RIGHTS.find((right) => right === action);

/** What a client has to ask a token for; with a push also for reading, which clients do before. `from`: where a blob is to be mounted from. */
export function neededScopes(right: Right, repository: string | undefined, from: string | null): string {
  if (repository === undefined) return "registry:catalog:*";
  const actions = right === "push" ? ["pull", "push"] : [right];
  const scopes: Scope[] = [{ type: "repository", name: repository, actions }];
  if (from !== null && isRepository(from)) scopes.push({ type: "repository", name: from, actions: ["pull"] });
  return scopes.map(formatScope).join(" ");
}
