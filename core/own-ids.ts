/** An event of a build: which step it is about, and which others that waits for. */
interface StepEvent {
  readonly type: string;
  readonly id?: string;
  readonly inputs?: readonly string[];
}

/** The event with ids under a prefix, so that builds at the same time can be told as one. */
export function underPrefix<E extends StepEvent>(prefix: string, event: E): E {
  return {
    ...event,
    ...(event.id === undefined ? {} : { id: idUnder(prefix, event.id) }),
    ...(event.inputs === undefined ? {} : { inputs: event.inputs.map((id) => idUnder(prefix, id)) }),
  };
}

export const idUnder = (prefix: string, id: string): string => `${prefix} ${id}`;
