import { posix } from "node:path";
import { parseBoolean } from "../../../core/go-boolean.ts";
import { cut, quote } from "../characters.ts";
import { Problem } from "../problem.ts";
import { withSuggestion } from "../suggest.ts";
import { csvFields } from "./csv.ts";
import { parseSize, parseUnsigned } from "./numbers.ts";

export const MOUNT_TYPES = ["bind", "cache", "tmpfs", "secret", "ssh"] as const;
export const SHARING_MODES = ["shared", "private", "locked"] as const;

/** https://docs.docker.com/reference/dockerfile/#run---mount */
export interface RunMount {
  readonly type: (typeof MOUNT_TYPES)[number];
  /** A stage, image or context; "" when none is given. */
  readonly from: string;
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** Bytes; 0 for no limit. */
  readonly sizeLimit: number;
  readonly id: string;
  readonly sharing: (typeof SHARING_MODES)[number] | undefined;
  readonly required: boolean;
  /** The variable that gets a secret. */
  readonly env: string | undefined;
  readonly mode: number | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** The mount while its fields are read; `readOnly` is undefined until one of them decides it. */
type Draft = Omit<{ -readonly [K in keyof RunMount]: RunMount[K] }, "readOnly"> & {
  readOnly: boolean | undefined;
};
interface Field {
  readonly key: string;
  readonly value: string;
}
type FieldReader = (draft: Draft, field: Field) => void;

const isOneOf = <T extends string>(values: readonly T[], text: string): text is T =>
  (values as readonly string[]).includes(text);

function boolean({ key, value }: Field): boolean {
  const parsed = parseBoolean(value);
  if (parsed === undefined) throw new Problem(`invalid value for ${key}: ${value}`);
  return parsed;
}

function unsigned({ key, value }: Field, base: 8 | 10): number {
  const parsed = parseUnsigned(value, base);
  if (parsed === undefined) throw new Problem(`invalid value ${value} for ${key}`);
  return parsed;
}

const misplaced = (draft: Draft, key: string): Problem =>
  new Problem(`unexpected key '${key}' for mount type '${draft.type}'`);

const readType: FieldReader = (draft, { value }) => {
  const type = value.toLowerCase();
  if (!isOneOf(MOUNT_TYPES, type)) {
    throw new Problem(withSuggestion(`unsupported mount type ${quote(value)}`, value, MOUNT_TYPES));
  }
  draft.type = type;
};
const readSharing: FieldReader = (draft, { value }) => {
  const sharing = value.toLowerCase();
  if (!isOneOf(SHARING_MODES, sharing)) {
    throw new Problem(withSuggestion(`unsupported sharing value ${quote(value)}`, value, SHARING_MODES));
  }
  draft.sharing = sharing;
};
const readSize: FieldReader = (draft, { key, value }) => {
  if (draft.type !== "tmpfs") throw misplaced(draft, key);
  const size = parseSize(value);
  if (size === undefined) throw new Problem(`invalid value for ${key}: ${value}`);
  draft.sizeLimit = size;
};
const readRequired: FieldReader = (draft, field) => {
  if (draft.type !== "secret" && draft.type !== "ssh") throw misplaced(draft, field.key);
  draft.required = boolean(field);
};
const readSource: FieldReader = (draft, { value }) => {
  draft.source = value;
};
const readTarget: FieldReader = (draft, { value }) => {
  draft.target = value;
};
const readReadOnly: FieldReader = (draft, field) => {
  draft.readOnly = boolean(field);
};
const readReadWrite: FieldReader = (draft, field) => {
  draft.readOnly = !boolean(field);
};

const FIELDS: Readonly<Record<string, FieldReader | undefined>> = {
  type: readType,
  from: (draft, { value }) => {
    draft.from = value;
  },
  source: readSource,
  target: readTarget,
  readonly: readReadOnly,
  id: (draft, { value }) => {
    draft.id = value;
  },
  sharing: readSharing,
  required: readRequired,
  size: readSize,
  mode: (draft, field) => {
    draft.mode = unsigned(field, 8);
  },
  uid: (draft, field) => {
    draft.uid = unsigned(field, 10);
  },
  gid: (draft, field) => {
    draft.gid = unsigned(field, 10);
  },
  src: readSource,
  dst: readTarget,
  destination: readTarget,
  ro: readReadOnly,
  rw: readReadWrite,
  readwrite: readReadWrite,
  env: (draft, { value }) => {
    draft.env = value;
  },
};
/** Keys that may stand alone, as "true". */
const BARE = new Set(["readonly", "ro", "readwrite", "rw", "required"]);

const fieldsOf = (text: string): readonly string[] => {
  try {
    return csvFields(text);
  } catch (error) {
    throw error instanceof Problem ? new Problem(`failed to parse csv mounts: ${error.message}`) : error;
  }
};

/** Checks what can be checked of a --mount before variables are known. Throws a Problem. */
export function checkMount(text: string): void {
  for (const field of fieldsOf(text)) {
    const [key, value] = cut(field, "=");
    const dollar = value?.indexOf("$") ?? -1;
    if (key.toLowerCase() === "from" && dollar >= 0 && dollar !== (value ?? "").length - 1) {
      throw new Problem("'from' doesn't support variable expansion, define alias stage instead");
    }
  }
}

/** What a secret is called: its source is another word for its id. */
export const secretId = ({ source, id, target }: Pick<RunMount, "source" | "id" | "target">): string =>
  source || id || posix.basename(target);

/** What each --mount names as `from`; "" where it names nothing. They must have passed checkMount. */
export const mountOrigins = (mounts: readonly string[]): readonly string[] =>
  mounts.map((text) => {
    const origins = fieldsOf(text)
      .map((field) => cut(field, "="))
      .filter(([key]) => key.toLowerCase() === "from");
    return origins.at(-1)?.[1] ?? "";
  });

/** Reads the value of a --mount; `expand` is applied to every value. Throws a Problem. */
export function parseMount(text: string, expand: (value: string) => string): RunMount {
  const draft: Draft = {
    type: "bind",
    from: "",
    source: "",
    target: "",
    readOnly: undefined,
    sizeLimit: 0,
    id: "",
    sharing: undefined,
    required: false,
    env: undefined,
    mode: undefined,
    uid: undefined,
    gid: undefined,
  };
  for (const field of fieldsOf(text)) {
    const [written, value] = cut(field, "=");
    const key = written.toLowerCase();
    if (value === undefined && !BARE.has(key)) {
      throw new Problem(`invalid field '${field}' must be a key=value pair`);
    }
    const expanded = value === undefined ? "true" : expand(value);
    const read = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined;
    if (read === undefined) {
      throw new Problem(withSuggestion(`unexpected key '${key}' in '${field}'`, key, Object.keys(FIELDS)));
    }
    read(draft, { key, value: expanded });
  }
  const type = draft.type;
  checkTogether(draft);
  return { ...draft, readOnly: draft.readOnly ?? (type !== "cache" && type !== "tmpfs") };
}

function checkTogether(draft: Draft): void {
  const { type } = draft;
  if (type === "bind" || type === "tmpfs") {
    for (const key of ["mode", "uid", "gid"] as const) {
      if (draft[key] !== undefined) throw new Problem(`${key} not allowed for ${quote(type)} type mounts`);
    }
  }
  if (type === "secret") checkSecret(draft);
  if (draft.sharing !== undefined && type !== "cache") {
    throw new Problem(`invalid cache sharing set for ${type} mount`);
  }
}

function checkSecret(draft: Draft): void {
  const { from, sharing, source, target, id } = draft;
  if (from !== "") throw new Problem("secret mount should not have a from");
  if (sharing !== undefined) throw new Problem("secret mount should not define sharing");
  if (source === "" && target === "" && id === "") {
    throw new Problem("invalid secret mount. one of source, target required");
  }
  if (source !== "" && id !== "") throw new Problem("both source and id can't be set");
}
