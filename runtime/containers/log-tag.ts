import { hostname } from "node:os";
import { Failure, isCode } from "../../core/errors.ts";
import { evaluate } from "../../core/template/evaluate.ts";
import { FUNCTION_NAMES, FUNCTIONS, type Functions } from "../../core/template/functions.ts";
import { parseTemplate } from "../../core/template/parser.ts";
import type { Node, Template } from "../../core/template/syntax.ts";
import type { HostConfig, ProcessConfig } from "../container-config.ts";

/** A container, as its log tells of it. */
export interface LoggedContainer {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly imageId: string;
  readonly config: Pick<ProcessConfig, "Image" | "Labels" | "Env">;
  readonly hostConfig: Pick<HostConfig, "LogConfig">;
  readonly command: readonly string[];
}
/** The text of a tag. Throws CONTAINER_CONFIG_INVALID, OPTION_UNSUPPORTED. */
export type TagWriter = (template: string, container: LoggedContainer) => string;

const SHORT = 12;
/** A template comes from outside and is written in the process that serves others: neither its size nor what it makes may be any. */
const LONGEST_TEMPLATE = 1024;
const LONGEST_TEXT = 64 * 1024;
const REPEATING: Readonly<Partial<Record<Node["kind"], string>>> = {
  range: "{{range}}",
  template: "{{template}} or {{block}}",
};

const refuse = (why: string, cause?: unknown): Failure =>
  new Failure("CONTAINER_CONFIG_INVALID", { why: `invalid value for log opt tag: ${why}` }, { cause });

/** Go's text/template over what Docker tells of a container, without loops. https://docs.docker.com/engine/logging/log_tags/ */
export const writeTag: TagWriter = (text, container) => {
  if (text.length > LONGEST_TEMPLATE)
    throw refuse(`a template has at most ${LONGEST_TEMPLATE} characters, this one ${text.length}`);
  try {
    const template = parseTemplate(text, FUNCTION_NAMES);
    checkBounded(template);
    return bounded(evaluate(template, describe(container), BOUNDED_FUNCTIONS));
  } catch (error) {
    if (isCode(error, "TEMPLATE_INVALID")) throw refuse(error.detail.why, error);
    if (error instanceof RangeError) throw refuse(error.message, error);
    throw error;
  }
};

function checkBounded({ body, named }: Template): void {
  const check = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      const action = REPEATING[node.kind];
      if (action !== undefined)
        throw new Failure("OPTION_UNSUPPORTED", { option: `${action} in --log-opt tag` });
      if ("body" in node) check([...node.body, ...node.otherwise]);
    }
  };
  for (const nodes of [body, ...named.values()]) check(nodes);
}

function bounded<T>(value: T): T {
  if (typeof value === "string" && value.length > LONGEST_TEXT)
    throw new RangeError(`a text of more than ${LONGEST_TEXT} characters`);
  return value;
}
const BOUNDED_FUNCTIONS: Functions = Object.fromEntries(
  Object.entries(FUNCTIONS).map(([name, call]) => [name, (...values) => bounded(call(...values))]),
);

/** Fields are what {{json .}} shows; what Docker computes from them is there beside, by the names of its methods. */
function describe({ command: [entrypoint = "", ...args], ...container }: LoggedContainer): object {
  const { id, name, imageId, config } = container;
  const computed = {
    ID: id.slice(0, SHORT),
    FullID: id,
    Name: name,
    ImageID: imageId.slice(0, SHORT),
    ImageFullID: imageId,
    ImageName: config.Image,
    Command: [entrypoint, ...args].join(" "),
    Hostname: hostname(),
  };
  const fields = {
    Config: container.hostConfig.LogConfig.Config,
    ContainerID: id,
    ContainerName: `/${name}`,
    ContainerEntrypoint: entrypoint,
    ContainerArgs: args,
    ContainerImageID: imageId,
    ContainerImageName: config.Image,
    ContainerCreated: container.createdAt,
    ContainerEnv: config.Env ?? [],
    ContainerLabels: config.Labels ?? {},
    DaemonName: "slipway",
  };
  const hidden = Object.entries(computed).map(([key, value]) => [key, { value }] as const);
  return Object.defineProperties(fields, Object.fromEntries(hidden));
}
