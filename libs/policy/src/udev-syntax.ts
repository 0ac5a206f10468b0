import { attributeNameFault, isAttributeName } from "./attribute-name.ts";

/** One comparison of a line in udev's match syntax, with its place in the text. */
export interface UdevToken {
  readonly key: UdevKey;
  /** What stands in braces: `ATTRS{idVendor}`. */
  readonly name: string | undefined;
  readonly negated: boolean;
  readonly pattern: string;
  readonly offset: number;
}

export interface UdevFault {
  readonly offset: number;
  readonly code: "udev-syntax" | "udev-unsupported";
  readonly message: string;
  readonly mend: string;
}

/** Keys that compare: whether they stand with a name in braces, and whether they ask the parents too. */
export const udevKeys = {
  DEVPATH: { braces: false, parents: false },
  KERNEL: { braces: false, parents: false },
  KERNELS: { braces: false, parents: true },
  NAME: { braces: false, parents: false },
  SYMLINK: { braces: false, parents: false },
  SUBSYSTEM: { braces: false, parents: false },
  SUBSYSTEMS: { braces: false, parents: true },
  DRIVER: { braces: false, parents: false },
  DRIVERS: { braces: false, parents: true },
  ATTR: { braces: true, parents: false },
  ATTRS: { braces: true, parents: true },
  ENV: { braces: true, parents: false },
  TAG: { braces: false, parents: false },
  TAGS: { braces: false, parents: true },
} as const satisfies Record<string, { braces: boolean; parents: boolean }>;
export type UdevKey = keyof typeof udevKeys;

const assigns = "a rule here only compares; what the container gets stands under `give:`";
const runs = "policy runs no programs and reads no files; match on what is known of the device";

/** Keys of udev that are refused, each with what to write instead. */
const unsupported: Readonly<Record<string, string>> = {
  ACTION: "leave it out: a rule says whose a device is for as long as it is there",
  PROGRAM: runs,
  RESULT: runs,
  IMPORT: runs,
  TEST: runs,
  RUN: runs,
  SYSCTL: runs,
  CONST: "match on the host's name with `host:`",
  OWNER: assigns,
  GROUP: assigns,
  MODE: assigns,
  SECLABEL: assigns,
  OPTIONS: assigns,
  LABEL: "the first rule that matches wins; there is nothing to jump to",
  GOTO: "the first rule that matches wins; there is nothing to jump to",
};

/**
 * Reads `KEY=="value", KEY{name}!="value"`. Commas between comparisons may be left out, as udev allows it too.
 * Never throws: either tokens or the first fault.
 */
export function parseUdev(text: string): readonly UdevToken[] | UdevFault {
  const tokens: UdevToken[] = [];
  const scan = /[\s,]*(?:$|([A-Z_a-z]+)(?:\{([^}\n]*)\})?\s*([=!+\-:]*=)?\s*([ei]?)(?:"((?:[^"\\]|\\[\s\S])*)")?)/y;
  while (scan.lastIndex < text.length) {
    const start = scan.lastIndex;
    const offset = start + /^[\s,]*/.exec(text.slice(start))![0].length;
    const found = scan.exec(text);
    if (found === null) return syntax(offset, `\`${text.slice(offset, offset + 12)}\` is no key`, 'write KEY=="value"');
    const [, key, name, operator, prefix, value] = found;
    if (key === undefined) break;
    const fault = faultOf(offset, key, name, operator, prefix, value);
    if (fault !== undefined) return fault;
    tokens.push({
      key: key as UdevKey,
      name,
      negated: operator === "!=",
      pattern: value!.replace(/\\"/g, '"'),
      offset,
    });
  }
  return tokens.length > 0 ? tokens : syntax(0, "nothing is compared", 'write KEY=="value", KEY!="value", …');
}

function faultOf(
  offset: number,
  key: string,
  name: string | undefined,
  operator: string | undefined,
  prefix: string | undefined,
  value: string | undefined,
): UdevFault | undefined {
  if (key in unsupported && Object.hasOwn(unsupported, key))
    return refused(offset, `\`${key}\` is not supported`, unsupported[key]!);
  if (!Object.hasOwn(udevKeys, key)) {
    return syntax(offset, `\`${key}\` is no key of udev`, `use one of: ${Object.keys(udevKeys).join(", ")}`);
  }
  const { braces } = udevKeys[key as UdevKey];
  if (braces !== (name !== undefined && name !== "")) {
    return syntax(
      offset,
      braces ? `\`${key}\` needs a name in braces` : `\`${key}\` takes no braces`,
      `write ${key}${braces ? "{name}" : ""}=="value"`,
    );
  }
  if (name?.startsWith("["))
    return refused(
      offset,
      "attributes of other devices are not supported",
      "match on the device's own attributes or its parents'",
    );
  if (name !== undefined && key.startsWith("ATTR") && !isAttributeName(name))
    return refused(offset, ...attributeNameFault(name));
  if (operator === undefined) return syntax(offset, `\`${key}\` is compared with nothing`, `write ${key}=="value"`);
  if (operator !== "==" && operator !== "!=") return refused(offset, `\`${operator}\` assigns`, assigns);
  if (value === undefined)
    return syntax(offset, `the value of \`${key}\` is not in double quotes`, `write ${key}${operator}"value"`);
  if (prefix !== "")
    return refused(
      offset,
      `the prefix \`${prefix}\` is not supported`,
      "write the value plainly, with globs where needed",
    );
  return undefined;
}

const syntax = (offset: number, message: string, mend: string): UdevFault => ({
  offset,
  code: "udev-syntax",
  message,
  mend,
});
const refused = (offset: number, message: string, mend: string): UdevFault => ({
  offset,
  code: "udev-unsupported",
  message,
  mend,
});
