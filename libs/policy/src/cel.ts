import { Environment, type ParseResult } from "@marcbachmann/cel-js";
import type { DeviceRecord } from "@udevns/protocol";
import { attributeNameFault, isAttributeName } from "./attribute-name.ts";
import type { At, Condition } from "./condition.ts";
import { awaitsUdev, type DeviceFacts } from "./facts.ts";
import { compileGlob } from "./glob.ts";
import { tri } from "./tri.ts";

const texts = "map<string, string>";
const deviceFields = {
  devpath: "string",
  subsystem: "string",
  devtype: "string",
  kernel: "string",
  devname: "string",
  driver: "string",
  major: "int",
  minor: "int",
  properties: texts,
  attributes: texts,
  tags: "list<string>",
  links: "list<string>",
} as const;

/** A device as expressions see it: text that is not there is "", numbers -1. */
class CelDevice {
  readonly devpath: string;
  readonly subsystem: string;
  readonly devtype: string;
  readonly kernel: string;
  readonly devname: string;
  readonly driver: string;
  readonly major: bigint;
  readonly minor: bigint;
  readonly properties: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly links: readonly string[];

  constructor(record: DeviceRecord) {
    this.devpath = record.devpath;
    this.subsystem = record.subsystem;
    this.devtype = record.devtype ?? "";
    this.kernel = record.devpath.slice(record.devpath.lastIndexOf("/") + 1);
    this.devname = record.devname ?? "";
    this.driver = record.driver ?? "";
    this.major = BigInt(record.devnum?.major ?? -1);
    this.minor = BigInt(record.devnum?.minor ?? -1);
    this.properties = { ...record.properties, ...record.udev?.properties };
    this.attributes = record.attributes;
    this.tags = record.udev?.tags ?? [];
    this.links = record.udev?.links ?? [];
  }
}

/** Bounds on size bound the time too: CEL has no loop but the macros over lists, and those are counted below. */
const environment = new Environment({
  limits: { maxAstNodes: 400, maxDepth: 40, maxListElements: 32, maxMapEntries: 32, maxCallArguments: 8 },
})
  .registerType("Device", { ctor: CelDevice, fields: deviceFields })
  .registerVariable("device", "Device", { description: "the device that the rule's other keys match" })
  .registerVariable("parents", "list<Device>", { description: "what is above the device, nearest first" })
  .registerVariable("classes", "list<string>", { description: "what the device is for" })
  .registerVariable("vendor", "string")
  .registerVariable("product", "string")
  .registerVariable("serial", "string")
  .registerVariable("identity", "string", { description: "the unit's identity" })
  .registerVariable("port", "string", { description: "where the unit is plugged in" })
  .registerVariable("host", "string")
  .registerVariable("hour", "int", { description: "0-23, UTC" })
  .registerVariable("minute", "int")
  .registerVariable("weekday", "int", { description: "1 = Monday … 7 = Sunday, UTC" })
  .registerFunction("glob(string, string): bool", (text: string, pattern: string) => compileGlob(pattern).test(text));

const MAX_TEXT = 4000;
const MAX_MACROS = 3;

/** Compiles a `when:`. What is wrong with it is reported at its place. */
export function compileCel(source: string, { match, reader }: At): Condition | undefined {
  const fail = (message: string, mend: string, offset = 0): undefined => {
    reader.fail(match, "when", "cel-error", message, mend, { text: source, offset });
  };
  const bare = source.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, (quoted) => " ".repeat(quoted.length));
  const regexp = /\bmatches\s*\(/.exec(bare);
  if (source.length > MAX_TEXT) return fail("the expression is too long", `at most ${MAX_TEXT} characters`);
  if (regexp !== null) {
    // A backtracking expression over what a device says of itself could stop the whole policy.
    return fail(
      "`matches()` is not supported",
      "use `glob(text, pattern)`, or startsWith, endsWith, contains",
      regexp.index,
    );
  }
  if ((bare.match(/\b(?:all|exists|exists_one|map|filter|bind)\s*\(/g) ?? []).length > MAX_MACROS) {
    return fail(`more than ${MAX_MACROS} macros`, "split it over several rules, or use `any-of` and `all-of`");
  }
  let program: ParseResult;
  try {
    program = environment.parse(source);
    const { valid, type, error } = program.check();
    if (!valid) throw error;
    if (type !== "bool") return fail(`the expression gives ${type}, not bool`, "compare it with something");
  } catch (error) {
    const { summary, message, range } = error as { summary?: string; message: string; range?: { start: number } };
    return fail(summary ?? message, "see the list of variables in docs/policy.md", range?.start ?? 0);
  }
  const named = [...source.matchAll(/\battributes(?:\.(\w+)|\[\s*["']([^"']+)["'])/g)];
  const attributes = named.map(([, a, b]) => (a ?? b)!);
  const wrong = attributes.findIndex((name) => !isAttributeName(name));
  if (wrong >= 0) return fail(...attributeNameFault(attributes[wrong]!), named[wrong]!.index);
  const needsUdev = /\b(?:properties|tags|links)\b/.test(bare);
  return {
    key: "when",
    text: `when: ${source.trim()}`,
    needsUdev,
    attributes,
    timed: /\b(?:hour|minute|weekday)\b/.test(bare),
    test: (device) => {
      if (needsUdev && awaitsUdev(device)) return "unknown";
      try {
        return tri(program(contextOf(device)) === true);
      } catch (error) {
        const { summary, message } = error as { summary?: string; message: string };
        device.unit.fault(source, summary ?? message);
        return "no";
      }
    },
  };
}

function contextOf(device: DeviceFacts): Record<string, unknown> {
  const { unit, chain } = device;
  return {
    device: new CelDevice(device.record),
    parents: chain.slice(1).map((record) => new CelDevice(record)),
    classes: device.classes,
    vendor: device.ids?.vendor ?? "",
    product: device.ids?.product ?? "",
    serial: device.serial ?? "",
    identity: unit.unit.identity,
    port: unit.unit.port ?? "",
    host: unit.host,
    hour: BigInt(unit.now.getUTCHours()),
    minute: BigInt(unit.now.getUTCMinutes()),
    weekday: BigInt(unit.now.getUTCDay() || 7),
  };
}
