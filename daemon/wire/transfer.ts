import type { TransferEvent } from "../../engine/api.ts";
import type { ProgressMessage } from "../streams/progress.ts";

/** What docker prints of a pull or push: bytes that move have a count, everything else has an empty one. */
export const transferMessage = ({ id, status, current, total }: TransferEvent): ProgressMessage => ({
  status,
  ...(id === undefined
    ? {}
    : {
        progressDetail: current === undefined ? {} : { current, ...(total === undefined ? {} : { total }) },
        id,
      }),
});

/** "name" and a tag or digest that came beside it. */
export function referenceOf(name: string, tag: string): string {
  if (tag === "") return name;
  return tag.includes(":") ? `${name}@${tag}` : `${name}:${tag}`;
}
