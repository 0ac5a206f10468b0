/**
 * Text of a device cgroup program (struct bpf_insn, linux/bpf.h) that asks a map first and another program's text after it.
 *
 * Programs of a cgroup are ANDed, so one that allows more cannot stand beside the runtime's: it must take its place, and still
 * allow all that the runtime's does. Hence the runtime's own text is the second half of ours, unchanged.
 */
export interface DeviceKey {
  readonly type: "b" | "c";
  readonly major: number;
  readonly minor: number;
}

export const keyBytes = 12;
export const valueBytes = 4;

/** Numbers of linux/bpf.h: what is accessed and how. */
const types = { b: 1, c: 2 } as const;
const accessBits = { m: 1, r: 2, w: 4 } as const;

export function formatKey({ type, major, minor }: DeviceKey): Buffer {
  return words(types[type], major, minor);
}

/** @param access letters of `rwm` */
export function formatAccess(access: string): Buffer {
  return words([...access].reduce((bits, letter) => bits | (accessBits[letter as keyof typeof accessBits] ?? 0), 0));
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
  return bytes;
}

const INSTRUCTION_BYTES = 8;
const [R0, R1, R2, R6, R7, STACK] = [0, 1, 2, 6, 7, 10];
/** Where the key lies below the top of the stack. */
const KEY = -16;
const MAP_LOOKUP = 1;
const PSEUDO_MAP_FD = 1;

const instruction = (code: number, to: number, from: number, offset: number, immediate: number): Buffer => {
  const bytes = Buffer.alloc(INSTRUCTION_BYTES);
  bytes.writeUInt8(code, 0);
  bytes.writeUInt8(to | (from << 4), 1);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(immediate, 4);
  return bytes;
};

const move = (to: number, from: number) => instruction(0xbf, to, from, 0, 0);
const moveNumber = (to: number, number: number) => instruction(0xb7, to, 0, 0, number);
const addNumber = (to: number, number: number) => instruction(0x07, to, 0, 0, number);
const andNumber = (to: number, number: number) => instruction(0x57, to, 0, 0, number);
const and = (to: number, from: number) => instruction(0x5f, to, from, 0, 0);
const shiftRight = (to: number, bits: number) => instruction(0x77, to, 0, 0, bits);
const load32 = (to: number, from: number, offset: number) => instruction(0x61, to, from, offset, 0);
const store32 = (to: number, from: number, offset: number) => instruction(0x63, to, from, offset, 0);
const loadMap = (to: number, fd: number) =>
  Buffer.concat([instruction(0x18, to, PSEUDO_MAP_FD, 0, fd), instruction(0, 0, 0, 0, 0)]);
const callHelper = (number: number) => instruction(0x85, 0, 0, 0, number);
const ifZeroSkip = (register: number, count: number) => instruction(0x15, register, 0, count, 0);
const ifDifferentSkip = (a: number, b: number, count: number) => instruction(0x5d, a, b, count, 0);
const exit = () => instruction(0x95, 0, 0, 0, 0);

/**
 * `struct bpf_cgroup_dev_ctx { u32 access_type; u32 major; u32 minor; }`, access in the upper half of the first word, type in the
 * lower. An access that the map does not allow as a whole is left to the other program.
 */
export function assemble(mapFd: number, otherwise: Buffer): Buffer {
  const allow = [moveNumber(R0, 1), exit()];
  const compare = [load32(R0, R0, 0), and(R0, R7), ifDifferentSkip(R0, R7, allow.length), ...allow];
  return Buffer.concat([
    move(R6, R1),
    load32(R7, R6, 0),
    move(R2, R7),
    andNumber(R2, 0xffff),
    store32(STACK, R2, KEY),
    load32(R2, R6, 4),
    store32(STACK, R2, KEY + 4),
    load32(R2, R6, 8),
    store32(STACK, R2, KEY + 8),
    shiftRight(R7, 16),
    loadMap(R1, mapFd),
    move(R2, STACK),
    addNumber(R2, KEY),
    callHelper(MAP_LOOKUP),
    ifZeroSkip(R0, compare.length),
    ...compare,
    move(R1, R6),
    otherwise,
  ]);
}
