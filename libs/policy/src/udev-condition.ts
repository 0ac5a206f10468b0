import { kernelName } from "@udevns/devices";
import type { DeviceRecord } from "@udevns/protocol";
import type { At, Condition, IndexKey, IndexKind } from "./condition.ts";
import { type DeviceFacts, propertyOf, type UnitFacts } from "./facts.ts";
import { compileGlob, type Glob } from "./glob.ts";
import { listOf, textAt } from "./texts.ts";
import { every, not, some, type Tri, tri } from "./tri.ts";
import { parseUdev, type UdevKey, type UdevToken, udevKeys } from "./udev-syntax.ts";

/** One comparison, ready: asks the device itself, or one device of its chain. */
interface Comparison {
  readonly token: UdevToken;
  readonly glob: Glob;
  readonly test: (record: DeviceRecord, unit: UnitFacts) => Tri;
}

/** A line of udev's match syntax. */
interface Line {
  readonly own: readonly Comparison[];
  readonly parents: readonly Comparison[];
}

/** Compiles a `udev:`, one line or several of which any may match. What is wrong is reported at its place. */
export function compileUdev(value: string | readonly string[], at: At): Condition | undefined {
  const lines = listOf(value).map((text, i) =>
    typeof value === "string" ? compileLine(text, at.match, "udev", at) : compileLine(text, value, i, at),
  );
  const good = lines.filter((line) => line !== undefined);
  if (good.length < lines.length) return undefined;
  const index = commonIndex(good);
  const tokens = good.flatMap((line) => [...line.own, ...line.parents]).map(({ token }) => token);
  return {
    key: "udev",
    text: `udev: ${listOf(value).join(" | ")}`,
    needsUdev: tokens.some(({ key }) => asksUdev.has(key)),
    attributes: tokens.filter(({ key }) => key === "ATTR" || key === "ATTRS").map(({ name }) => name!),
    test: (device) => some(good, (line) => lineHolds(line, device)),
    ...(index !== undefined && { index }),
  };
}

const asksUdev: ReadonlySet<UdevKey> = new Set<UdevKey>(["ENV", "TAG", "TAGS", "SYMLINK"]);

/** The keys that ask parents must all hold for one and the same of them; the device counts as the first. */
const lineHolds = ({ own, parents }: Line, { record, unit, chain }: DeviceFacts): Tri =>
  every(
    [
      () => every(own, (comparison) => comparison.test(record, unit)),
      () =>
        parents.length === 0
          ? ("yes" as const)
          : some(chain, (parent) => every(parents, (comparison) => comparison.test(parent, unit))),
    ],
    (ask) => ask(),
  );

function compileLine(text: string, owner: object, key: string | number, { reader }: At): Line | undefined {
  const tokens = parseUdev(text);
  if ("code" in tokens) {
    const { code, message, mend, offset } = tokens;
    reader.fail(owner, key, code, message, mend, { text, offset });
    return undefined;
  }
  const comparisons: Comparison[] = [];
  for (const token of tokens) {
    try {
      comparisons.push(compare(token));
    } catch (error) {
      const detail = `\`${token.pattern}\` ${error instanceof Error ? error.message : String(error)}`;
      reader.fail(owner, key, "bad-glob", detail, "write `\\[` for the character itself", {
        text,
        offset: token.offset,
      });
      return undefined;
    }
  }
  const clash = contradiction(comparisons);
  if (clash !== undefined) {
    const { token } = clash;
    const mend = 'one of the two must go; alternatives are written KEY=="a|b"';
    reader.fail(owner, key, "never-matches", `\`${token.key}\` cannot have both values`, mend, {
      text,
      offset: token.offset,
    });
    return undefined;
  }
  return {
    own: comparisons.filter(({ token }) => !udevKeys[token.key].parents),
    parents: comparisons.filter(({ token }) => udevKeys[token.key].parents),
  };
}

/** The second of two comparisons that no value can satisfy both. */
function contradiction(comparisons: readonly Comparison[]): Comparison | undefined {
  return comparisons.find((b, i) =>
    comparisons
      .slice(0, i)
      .some(
        (a) =>
          a.token.key === b.token.key &&
          a.token.name === b.token.name &&
          !a.token.negated &&
          !b.token.negated &&
          !["TAG", "TAGS", "SYMLINK"].includes(a.token.key) &&
          a.glob.literals?.some((text) => b.glob.test(text)) === false,
      ),
  );
}

function compare(token: UdevToken): Comparison {
  const glob = compileGlob(token.pattern);
  const sign = (value: Tri): Tri => (token.negated ? not(value) : value);
  const text = (of: (record: DeviceRecord) => string | undefined) => (record: DeviceRecord) =>
    sign(tri(glob.test(of(record) ?? "")));
  const list =
    (of: (record: DeviceRecord) => readonly string[] | undefined) =>
    (record: DeviceRecord, unit: UnitFacts): Tri =>
      unit.hostUdev && record.udev === undefined
        ? "unknown"
        : sign(tri(of(record)?.some((item) => glob.test(item)) ?? false));
  const made = (test: Comparison["test"]): Comparison => ({ token, glob, test });
  switch (token.key) {
    case "DEVPATH":
      return made(text(({ devpath }) => devpath));
    case "KERNEL":
    case "KERNELS":
      return made(text(({ devpath }) => kernelName(devpath)));
    case "NAME":
      return made(text(({ properties }) => properties.INTERFACE));
    case "SUBSYSTEM":
    case "SUBSYSTEMS":
      return made(text(({ subsystem }) => subsystem));
    case "DRIVER":
    case "DRIVERS":
      return made(text(({ driver }) => driver));
    case "ATTR":
    case "ATTRS":
      return made(({ attributes }) => sign(tri(attributeMatches(glob, textAt(attributes, token.name!)))));
    case "ENV":
      return made((record, unit) => {
        const value = propertyOf(record, token.name!);
        if (value === undefined && unit.hostUdev && record.udev === undefined) return "unknown";
        return sign(tri(glob.test(value ?? "")));
      });
    case "TAG":
    case "TAGS":
      return made(list(({ udev }) => udev?.tags));
    case "SYMLINK":
      return made(list(({ udev }) => udev?.links));
  }
}

/** As udev does it: blanks at the end of the attribute do not count, unless the pattern has some. */
function attributeMatches(glob: Glob, value: string | undefined): boolean {
  if (value === undefined) return false;
  return glob.test(/\s$/.test(glob.source) ? value : value.trimEnd());
}

/** What each line can be looked up by; usable only if all lines can be by the same kind. */
function commonIndex(lines: readonly Line[]): IndexKey | undefined {
  for (const kind of ["attribute", "kernel", "devpath", "subsystem"] as const) {
    const values = lines.map((line) => lineIndex(line, kind));
    if (values.every((found) => found !== undefined)) return { kind, values: values.flat(), by: "text" };
  }
  return undefined;
}

function lineIndex({ own, parents }: Line, kind: IndexKind): readonly string[] | undefined {
  for (const { token, glob } of [...own, ...parents]) {
    if (token.negated || glob.literals === undefined || glob.literals.includes("")) continue;
    if (kind === "attribute" && token.name !== undefined && (token.key === "ATTR" || token.key === "ATTRS")) {
      return glob.literals.map((text) => `${token.name}=${text.trimEnd()}`);
    }
    if (token.key === kind.toUpperCase()) return glob.literals;
  }
  return undefined;
}
