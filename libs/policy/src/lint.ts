import { canonical } from "./canonical.ts";
import type { Condition } from "./condition.ts";
import { compileGlob, globCovers } from "./glob.ts";
import { asksNothing, type ReadRule } from "./rule.ts";
import { type RuleIndex, related } from "./rule-index.ts";
import type { Match } from "./schema.ts";

/**
 * Finds rules that are well written and yet wrong: two of one name, rules that can never match or never win.
 * @param index not there where something was wrong before: a rule that lacks a condition would seem to take everything
 */
export function lint(rules: readonly ReadRule[], index: RuleIndex | undefined): void {
  const names = new Set<string>();
  rules.forEach((read, number) => {
    const { rule, reader } = read;
    if (names.has(rule.name)) {
      reader.fail(rule, "name", "duplicate-name", `there are two rules \`${rule.name}\``, "give each its own name");
    }
    names.add(rule.name);
    if (asksNothing(rule.match)) {
      const mend = "ask for a subsystem, class, port or the like; rules below it are never reached";
      reader.fail(rule, "match", "matches-all", `rule \`${rule.name}\` takes every device of the host`, mend);
    }
    neverMatches(rule.match, reader);
    const wider = index && shadowOf(read, number, rules, index);
    if (wider !== undefined) {
      const { name, file, line } = wider.compiled;
      const message = `rule \`${rule.name}\` never wins: \`${name}\` (${file}:${line}) takes all that it matches`;
      reader.fail(rule, "name", "shadowed", message, "put it above that rule, or take it out");
    }
  });
}

/** The subsystems in which a class can be found at all. */
const subsystemsOf: Readonly<Record<string, readonly string[]>> = {
  accelerometer: ["input"],
  joystick: ["input"],
  keyboard: ["input", "usb"],
  keys: ["input"],
  mouse: ["input", "usb"],
  tablet: ["input"],
  touch: ["input"],
  touchpad: ["input"],
  audio: ["sound", "usb", "pci"],
  bluetooth: ["bluetooth", "usb"],
  camera: ["video4linux", "usb", "pci"],
  gpu: ["drm", "graphics", "pci"],
  hid: ["hid", "hidraw", "usb"],
  hub: ["usb"],
  network: ["net", "usb", "pci"],
  printer: ["usb"],
  serial: ["tty", "usb"],
  smartcard: ["usb"],
  storage: ["block", "scsi_generic", "nvme", "usb", "pci"],
};

function neverMatches(match: Match, reader: ReadRule["reader"]): void {
  const fail = (key: keyof Match, message: string, mend: string): void =>
    reader.fail(match, key, "never-matches", message, mend);
  const texts = (value: string | readonly string[] | undefined): readonly string[] =>
    value === undefined ? [] : typeof value === "string" ? [value] : value;
  const classes = texts(match.class);
  const subsystems = texts(match.subsystem);
  if (classes.length > 0 && subsystems.length > 0) {
    const possible = classes.flatMap((name) => subsystemsOf[name] ?? []);
    if (!possible.some((name) => subsystems.some((glob) => globTakes(glob, name)))) {
      const mend = "to ask for one device of each in the same unit, write `all-of: [{…}, {…}]`";
      fail("class", `no device of class ${classes.join(", ")} is in subsystem ${subsystems.join(", ")}`, mend);
    }
  }
  for (const key of ["kernel", "subsystem", "tag"] as const) {
    if (texts(match[key]).some((text) => text.includes("/"))) {
      fail(
        key,
        `no ${key === "kernel" ? "kernel name" : key} has a \`/\` in it`,
        "for a node below /dev write `devname`",
      );
    }
  }
  if (texts(match.devpath).some((text) => !/^(?:\/(?!sys\/)|\*|\?|\[)/.test(text.replace(/^\/sys\//, "/")))) {
    fail("devpath", "a devpath begins with `/`", "begin with `/devices/` or `*/`");
  }
  if (texts(match.devname).some((text) => /^\/|\/\/|\/$/.test(text.replace(/^\/dev\//, "")))) {
    fail("devname", "no node has such a name", "write it as it stands below /dev: `input/event3`");
  }
  for (const key of ["any-of", "all-of", "none-of"] as const) {
    for (const part of match[key] ?? []) neverMatches(part, reader);
  }
}

/** With how many earlier rules one is compared: files of thousands of rules must still compile in seconds. */
const MAX_COMPARED = 500;

/** An earlier rule that takes whatever this one matches. Such a rule is filed under a text that this one asks for too. */
function shadowOf(read: ReadRule, number: number, rules: readonly ReadRule[], index: RuleIndex): ReadRule | undefined {
  let compared = 0;
  for (const others of related(index, read.compiled.match)) {
    for (const other of others) {
      if (other >= number || ++compared > MAX_COMPARED) break;
      if (isFinal(rules[other]!) && implied(rules[other]!, read)) return rules[other];
    }
  }
  return undefined;
}

const isFinal = ({ compiled: { outcome } }: ReadRule): boolean =>
  outcome.kind === "deny" || outcome.give.absent !== "next";

/** True where whatever matches `narrow` matches `wide` too, as far as can be seen by comparing the two. */
function implied(wide: ReadRule, narrow: ReadRule): boolean {
  const operators = (["any-of", "all-of", "none-of"] as const).every((key) => {
    const asked = wide.rule.match[key];
    return asked === undefined || same(asked, narrow.rule.match[key]);
  });
  return (
    operators &&
    wide.compiled.match.conditions.every((condition) =>
      narrow.compiled.match.conditions.some((other) => other.key === condition.key && covers(condition, other)),
    )
  );
}

const same = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

const covers = (wide: Condition, narrow: Condition): boolean =>
  wide.text === narrow.text ||
  (wide.glob !== undefined && narrow.glob !== undefined && globCovers(wide.glob, narrow.glob));

/** A glob that is wrong takes all: that it is wrong has been said already. */
function globTakes(source: string, text: string): boolean {
  try {
    return compileGlob(source).test(text);
  } catch {
    return true;
  }
}
