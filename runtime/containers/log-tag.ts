import { Failure } from "../../core/errors.ts";

/** A container, as its log tells of it. */
export interface LoggedContainer {
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  readonly config: { readonly Image: string };
  readonly command: readonly string[];
}

const SHORT = 12;
/** https://docs.docker.com/engine/logging/log_tags/ */
const FIELDS: Readonly<Record<string, (container: LoggedContainer) => string>> = {
  ID: ({ id }) => id.slice(0, SHORT),
  FullID: ({ id }) => id,
  Name: ({ name }) => name,
  ImageName: ({ config }) => config.Image,
  ImageID: ({ imageId }) => imageId.slice(0, SHORT),
  ImageFullID: ({ imageId }) => imageId,
  Command: ({ command }) => command.join(" "),
  DaemonName: () => "slipway",
};

/** The text of a tag, its fields filled in. Throws CONTAINER_CONFIG_INVALID for a field that there is not, OPTION_UNSUPPORTED for any other action. */
export function logTag(template: string, container: LoggedContainer): string {
  return template.replaceAll(/\{\{(.*?)\}\}|\{\{/g, (action, inside: string | undefined) => {
    const [, name] = /^\s*\.(\w+)\s*$/.exec(inside ?? "") ?? [];
    if (name === undefined)
      throw new Failure("OPTION_UNSUPPORTED", { option: `--log-opt tag with the template action ${action}` });
    const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (field === undefined)
      throw new Failure("CONTAINER_CONFIG_INVALID", {
        why: `invalid value for log opt tag: a container has no field ${name}, expected one of ${Object.keys(FIELDS).join(", ")}`,
      });
    return field(container);
  });
}
