/**
 * Capability bitmaps as an input device's uevent prints them: words in hex, the highest first, each an unsigned long of the kernel.
 * Bit numbers are those of linux/input-event-codes.h.
 */
export type BitTest = (bit: number) => boolean;

const WORD = 64;
const none: BitTest = () => false;

/** Reads `ff9f207ac14057ff febeffdfffefffff fffffffffffffffe`. Text that is no bitmap has no bit set. */
export function bits(text: string | undefined): BitTest {
  if (text === undefined || !/^[0-9a-f]{1,16}(?: [0-9a-f]{1,16}){0,31}$/i.test(text.trim())) return none;
  const words = text
    .trim()
    .split(" ")
    .reverse()
    .map((word) => BigInt(`0x${word}`));
  return (bit) => (((words[Math.floor(bit / WORD)] ?? 0n) >> BigInt(bit % WORD)) & 1n) === 1n;
}

const ABS_X = 0;
const ABS_Y = 1;
const ABS_Z = 2;
const ABS_MT_SLOT = 0x2f;
const ABS_MT_POSITION_X = 0x35;
const REL_X = 0;
const REL_Y = 1;
const BTN_MISC = 0x100;
const BTN_LEFT = 0x110;
const BTN_JOYSTICK = 0x120;
const BTN_GAMEPAD_END = 0x13e;
const BTN_TOOL_PEN = 0x140;
const BTN_TOOL_FINGER = 0x145;
const BTN_TOUCH = 0x14a;
const BTN_STYLUS = 0x14b;
const BTN_DPAD_UP = 0x220;
const BTN_TRIGGER_HAPPY = 0x2c0;
const PROP_DIRECT = 1;
const EV_KEY = 1;

export type InputClass = "keyboard" | "keys" | "mouse" | "touch" | "touchpad" | "tablet" | "joystick" | "accelerometer";

/** What an input device is for, from what it can report. Sorted. */
export function inputClasses(properties: Readonly<Record<string, string>>): InputClass[] {
  const [ev, key, abs, rel, prop] = [
    properties.EV,
    properties.KEY,
    properties.ABS,
    properties.REL,
    properties.PROP,
  ].map(bits) as [BitTest, BitTest, BitTest, BitTest, BitTest];
  const found = new Set<InputClass>();
  const range = (test: BitTest, from: number, to: number): boolean => {
    for (let bit = from; bit < to; bit++) if (test(bit)) return true;
    return false;
  };
  const plane = abs(ABS_X) && abs(ABS_Y);
  // ABS_MT_SLOT - 1 set means that the axes are no multitouch protocol but simply numbered on, as some game pads do.
  const multitouch = abs(ABS_MT_POSITION_X) && !(abs(ABS_MT_SLOT) && abs(ABS_MT_SLOT - 1));
  const pad = range(key, BTN_JOYSTICK, BTN_GAMEPAD_END + 1) || range(key, BTN_TRIGGER_HAPPY, BTN_TRIGGER_HAPPY + 40);

  if (plane && abs(ABS_Z) && !ev(EV_KEY)) found.add("accelerometer");
  else if (plane || multitouch) {
    if (key(BTN_STYLUS) || key(BTN_TOOL_PEN)) found.add("tablet");
    else if (key(BTN_TOOL_FINGER) && !prop(PROP_DIRECT)) found.add("touchpad");
    else if (key(BTN_TOUCH) || prop(PROP_DIRECT)) found.add("touch");
    else if (pad || key(BTN_DPAD_UP)) found.add("joystick");
    else if (key(BTN_LEFT)) found.add("mouse");
  } else if (pad) found.add("joystick");
  if (rel(REL_X) && rel(REL_Y) && key(BTN_LEFT)) found.add("mouse");

  // The keys from Escape to D, all of them: what tells a keyboard from a power button or a remote control.
  let board = true;
  for (let code = 1; code < 32; code++) board &&= key(code);
  if (board) found.add("keyboard");
  else if (range(key, 1, BTN_MISC)) found.add("keys");
  return [...found].sort();
}
