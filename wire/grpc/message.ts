import protobuf from "protobufjs/minimal.js";

type Reader = InstanceType<typeof protobuf.Reader>;
type Writer = InstanceType<typeof protobuf.Writer>;
const { Reader, Writer } = protobuf;

/** How values of a type are read and written. `Out` is what is read, `In` what can be written. https://protobuf.dev/programming-guides/encoding/ */
export interface Type<Out, In = Out> {
  readonly wire: 0 | 2;
  read(reader: Reader): Out;
  write(writer: Writer, value: In): void;
  /** True for the value that stands for itself when the field is absent. */
  isDefault(value: In): boolean;
}
interface Field<Out, In = Out> {
  readonly number: number;
  readonly absent: () => Out;
  read(reader: Reader, before: Out): Out;
  write(writer: Writer, value: In): void;
}
type Fields = Readonly<Record<string, Field<unknown, never>>>;
type Read<F> = { readonly [K in keyof F]: F[K] extends Field<infer Out, never> ? Out : never };
type Written<F> = { readonly [K in keyof F]?: F[K] extends Field<unknown, infer In> ? In : never };

/** A message's values as they are read: every field is there. */
export type Decoded<T> = T extends Message<infer Out, never> ? Out : never;

export interface Message<Out, In> extends Type<Out, In> {
  encode(value: In): Buffer;
  /** Throws on what is no such message; fields it does not know are skipped. */
  decode(bytes: Uint8Array): Out;
}

/** The library gives an object where it finds a class for it. Beyond 2^53 the last digits are lost: nanoseconds of file times. */
const toNumber = (value: ReturnType<Reader["int64"]> | number): number =>
  typeof value === "number" ? value : (value as unknown as { toNumber(): number }).toNumber();

export const string: Type<string> = {
  wire: 2,
  read: (reader) => reader.string(),
  write: (writer, value) => void writer.string(value),
  isDefault: (value) => value === "",
};
export const bytes: Type<Uint8Array> = {
  wire: 2,
  read: (reader) => reader.bytes(),
  write: (writer, value) => void writer.bytes(value),
  isDefault: (value) => value.byteLength === 0,
};
export const bool: Type<boolean> = {
  wire: 0,
  read: (reader) => reader.bool(),
  write: (writer, value) => void writer.bool(value),
  isDefault: (value) => !value,
};
const zero = (value: number): boolean => value === 0;
export const uint32: Type<number> = {
  wire: 0,
  read: (reader) => reader.uint32(),
  write: (writer, value) => void writer.uint32(value),
  isDefault: zero,
};
/** Also for enumerations. */
export const int32: Type<number> = {
  wire: 0,
  read: (reader) => reader.int32(),
  write: (writer, value) => void writer.int32(value),
  isDefault: zero,
};
export const int64: Type<number> = {
  wire: 0,
  read: (reader) => toNumber(reader.int64()),
  write: (writer, value) => void writer.int64(value),
  isDefault: zero,
};

const tag = (number: number, wire: number): number => (number << 3) | wire;

/** A field that is its type's default when it is absent. */
export const field = <Out extends string | number | boolean | Uint8Array>(
  number: number,
  type: Type<Out>,
  absent: Out,
): Field<Out> => ({
  number,
  absent: () => absent,
  read: (reader) => type.read(reader),
  write(writer, value) {
    if (type.isDefault(value)) return;
    type.write(writer.uint32(tag(number, type.wire)), value);
  },
});
export const text = (number: number): Field<string> => field(number, string, "");
export const flag = (number: number): Field<boolean> => field(number, bool, false);
export const count = (number: number, type: Type<number> = int64): Field<number> => field(number, type, 0);
export const data = (number: number): Field<Uint8Array> => field(number, bytes, new Uint8Array());

/** A field that may be absent: a message, or one of a oneof. */
export const optional = <Out, In>(
  number: number,
  type: Type<Out, In>,
): Field<Out | undefined, In | undefined> => ({
  number,
  absent: () => undefined,
  read: (reader) => type.read(reader),
  write(writer, value) {
    if (value !== undefined) type.write(writer.uint32(tag(number, type.wire)), value);
  },
});

export const list = <Out, In>(number: number, type: Type<Out, In>): Field<readonly Out[], readonly In[]> => ({
  number,
  absent: () => [],
  // absent() made the list, so nobody else has it.
  read(reader, before) {
    (before as Out[]).push(type.read(reader));
    return before;
  },
  write(writer, values) {
    for (const value of values) type.write(writer.uint32(tag(number, type.wire)), value);
  },
});

export const map = <Out, In>(
  number: number,
  type: Type<Out, In>,
): Field<ReadonlyMap<string, Out>, ReadonlyMap<string, In>> => {
  const entry = message({ key: text(1), value: optional(2, type) });
  return {
    number,
    absent: () => new Map<string, Out>(),
    read(reader, before) {
      const { key, value } = entry.read(reader);
      (before as Map<string, Out>).set(key, value ?? type.read(Reader.create(new Uint8Array([0]))));
      return before;
    },
    write(writer, values) {
      for (const [key, value] of values) entry.write(writer.uint32(tag(number, 2)), { key, value });
    },
  };
};

/** A message as a table of its fields. */
export function message<const F extends Fields>(fields: F): Message<Read<F>, Written<F>> {
  const known = Object.entries<Field<unknown, never>>(fields);
  const byNumber = new Map(known.map(([name, each]) => [each.number, { name, each }]));
  const readUntil = (reader: Reader, end: number): Read<F> => {
    const values = Object.fromEntries(known.map(([name, { absent }]) => [name, absent()]));
    while (reader.pos < end) {
      const head = reader.uint32();
      const found = byNumber.get(head >>> 3);
      if (found === undefined) reader.skipType(head & 7);
      else values[found.name] = found.each.read(reader, values[found.name]);
    }
    // Every field of the table has its value.
    return values as Read<F>;
  };
  const writeTo = (writer: Writer, value: Written<F>): Writer => {
    for (const [name, each] of known) {
      const given = value[name as keyof F];
      if (given !== undefined) each.write(writer, given as never);
    }
    return writer;
  };
  return {
    wire: 2,
    read(reader) {
      const end = reader.uint32() + reader.pos;
      return readUntil(reader, end);
    },
    write: (writer, value) => void writeTo(writer.fork(), value).ldelim(),
    isDefault: () => false,
    encode: (value) => Buffer.from(writeTo(Writer.create(), value).finish()),
    decode: (raw) => readUntil(Reader.create(raw), raw.byteLength),
  };
}
