import { Failure } from "../../core/errors.ts";
import type { DeviceRules } from "../spec/oci.ts";

type DeviceRule = DeviceRules[number];

/** struct bpf_insn of linux/bpf.h: 8 bytes, here of a little-endian machine. */
interface Instruction {
  readonly code: number;
  readonly to?: number;
  readonly from?: number;
  readonly offset?: number;
  readonly value?: number;
}

/** Operation codes of https://docs.kernel.org/bpf/standardization/instruction-set.html */
const CODE = {
  load32: 0x61,
  copy32: 0xbc,
  set32: 0xb4,
  and32: 0x54,
  shiftRight32: 0x74,
  jumpIfEqual: 0x15,
  jumpIfNot: 0x55,
  exit: 0x95,
} as const;

/** Registers: the verdict and the argument by convention, the rest ours. What is still `asked` shrinks with every rule that allows some of it. */
const REGISTER = { verdict: 0, request: 1, type: 2, asked: 3, major: 4, minor: 5, scratch: 6 } as const;
/** BPF_DEVCG_DEV_* */
const TYPES: Readonly<Record<string, number>> = { b: 1, c: 2, u: 2 };
/** BPF_DEVCG_ACC_* */
const ACCESS: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };
const ALL_ACCESS = 7;

/** struct bpf_cgroup_dev_ctx: type in the low and access in the high half of its first word, then major and minor. */
const PROLOGUE: readonly Instruction[] = [
  { code: CODE.load32, to: REGISTER.type, from: REGISTER.request, offset: 0 },
  { code: CODE.copy32, to: REGISTER.asked, from: REGISTER.type },
  { code: CODE.and32, to: REGISTER.type, value: 0xffff },
  { code: CODE.shiftRight32, to: REGISTER.asked, value: 16 },
  { code: CODE.load32, to: REGISTER.major, from: REGISTER.request, offset: 4 },
  { code: CODE.load32, to: REGISTER.minor, from: REGISTER.request, offset: 8 },
];

const verdict = (allow: boolean): readonly Instruction[] => [
  { code: CODE.set32, to: REGISTER.verdict, value: allow ? 1 : 0 },
  { code: CODE.exit },
];

const malformed = (rule: DeviceRule): never => {
  throw new Failure("CONTAINER_CONFIG_INVALID", { why: `invalid device rule ${JSON.stringify(rule)}` });
};

const accessBits = (rule: DeviceRule): number =>
  (rule.access ?? "rwm").split("").reduce((bits, letter) => bits | (ACCESS[letter] ?? malformed(rule)), 0);

/** What of a request a rule names, each as register and value. */
function conditions(rule: DeviceRule): readonly (readonly [register: number, value: number])[] {
  const { type = "a", major, minor } = rule;
  return [
    ...(type === "a" ? [] : [[REGISTER.type, TYPES[type] ?? malformed(rule)] as const]),
    ...(major === undefined ? [] : [[REGISTER.major, major] as const]),
    ...(minor === undefined ? [] : [[REGISTER.minor, minor] as const]),
  ];
}

/** Leaves the block, whose end is `rest` instructions further, unless the rule decides. */
function decision(rule: DeviceRule, access: number, rest: number): readonly Instruction[] {
  if (access === ALL_ACCESS) return [];
  if (rule.allow)
    return [
      { code: CODE.and32, to: REGISTER.asked, value: ALL_ACCESS & ~access },
      { code: CODE.jumpIfNot, to: REGISTER.asked, value: 0, offset: rest },
    ];
  return [
    { code: CODE.copy32, to: REGISTER.scratch, from: REGISTER.asked },
    { code: CODE.and32, to: REGISTER.scratch, value: access },
    { code: CODE.jumpIfEqual, to: REGISTER.scratch, value: 0, offset: rest },
  ];
}

function block(rule: DeviceRule): readonly Instruction[] {
  const end = verdict(rule.allow);
  const tail = [...decision(rule, accessBits(rule), end.length), ...end];
  const tests = conditions(rule);
  const skips = tests.map(([to, value], index): Instruction => {
    const offset = tests.length - index - 1 + tail.length;
    return { code: CODE.jumpIfNot, to, value, offset };
  });
  return [...skips, ...tail];
}

const decidesAll = (rule: DeviceRule): boolean =>
  accessBits(rule) === ALL_ACCESS && conditions(rule).length === 0;

function compile(rules: DeviceRules): readonly Instruction[] {
  // The verifier refuses a program with instructions that nothing reaches.
  const from = rules.findLastIndex(decidesAll);
  const deciding = rules.slice(Math.max(from, 0)).toReversed();
  return [...PROLOGUE, ...deciding.flatMap(block), ...(from === -1 ? verdict(false) : [])];
}

function encode(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8);
  instructions.forEach(({ code, to = 0, from = 0, offset = 0, value = 0 }, index) => {
    const at = index * 8;
    bytes.writeUInt8(code, at);
    bytes.writeUInt8(to | (from << 4), at + 1);
    bytes.writeInt16LE(offset, at + 2);
    bytes.writeInt32LE(value, at + 4);
  });
  return bytes;
}

/**
 * The BPF program (BPF_PROG_TYPE_CGROUP_DEVICE) of device rules. For every kind of access the last rule that names the device and it decides; what no
 * rule names is denied. A request for several kinds, as an open for reading and writing, is allowed when each of them is. Throws
 * CONTAINER_CONFIG_INVALID on a type or an access that does not exist.
 */
export const compileDeviceFilter = (rules: DeviceRules): Uint8Array => encode(compile(rules));
