import type {
  BuildOutline,
  OutlineArgument,
  OutlineMount,
  SourceLocation,
} from "../../../core/build-answers.ts";

interface Declared {
  readonly value: string | undefined;
  /** "" without one. */
  readonly description: string;
  readonly location: SourceLocation;
  /** The arguments that its value is made of. */
  readonly needs: Iterable<string>;
}
interface Mount {
  readonly required: boolean;
  readonly location: SourceLocation;
}
type MountKind = "secret" | "ssh";

/** What one stage takes; it knows the arguments of the stage it begins with. */
export class Parameters {
  readonly #declared: Map<string, Declared>;
  readonly #used: Set<string>;
  readonly mounts: Readonly<Record<MountKind, Map<string, Mount>>> = { secret: new Map(), ssh: new Map() };

  constructor(base?: Parameters) {
    this.#declared = new Map(base === undefined ? [] : base.#declared);
    this.#used = new Set(base === undefined ? [] : base.#used);
  }

  declare(name: string, argument: Declared): void {
    this.#declared.set(name, argument);
  }

  use(name: string): void {
    this.#used.add(name);
  }

  /** The first command of the stage that takes it says where. */
  mount(kind: MountKind, id: string, mount: Mount): void {
    if (!this.mounts[kind].has(id)) this.mounts[kind].set(id, mount);
  }

  /** The arguments that are used, and those that their values are made of. */
  args(): ReadonlyMap<string, Declared> {
    const found = new Map<string, Declared>();
    const waiting = [...this.#used].reverse();
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const argument = this.#declared.get(name);
      if (argument === undefined || found.has(name)) continue;
      found.set(name, argument);
      waiting.push(...argument.needs);
    }
    return found;
  }
}

/** What stages take together, in the order of the file; of a name the first of them counts. */
export function mergeParameters(
  stages: readonly Parameters[],
): Pick<BuildOutline, "args" | "secrets" | "ssh"> {
  const args = inOrder(stages.map((stage) => stage.args())).map(
    ([name, { description, value, location }]): OutlineArgument => ({
      name,
      ...(description === "" ? {} : { description }),
      ...(value === undefined || value === "" ? {} : { value }),
      location,
    }),
  );
  const mounts = (kind: MountKind): readonly OutlineMount[] =>
    inOrder(stages.map((stage) => stage.mounts[kind])).map(
      ([name, { required, location }]): OutlineMount => ({
        name,
        ...(required ? { required } : {}),
        location,
      }),
    );
  const [secrets, ssh] = [mounts("secret"), mounts("ssh")];
  return {
    ...(args.length === 0 ? {} : { args }),
    ...(secrets.length === 0 ? {} : { secrets }),
    ...(ssh.length === 0 ? {} : { ssh }),
  };
}

function inOrder<T extends { readonly location: SourceLocation }>(
  maps: readonly ReadonlyMap<string, T>[],
): readonly (readonly [string, T])[] {
  const first = new Map<string, T>();
  for (const map of maps) for (const [name, value] of map) if (!first.has(name)) first.set(name, value);
  return [...first].sort(([, a], [, b]) => lineOf(a.location) - lineOf(b.location));
}

const lineOf = ({ ranges }: SourceLocation): number => ranges[0]?.start.line ?? 0;
