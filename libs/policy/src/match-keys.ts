import { kernelName } from "@udevns/devices";
import type { DeviceRecord } from "@udevns/protocol";
import type { Condition } from "./condition.ts";
import type { DeviceFacts } from "./facts.ts";
import { compileGlobs, type Glob } from "./glob.ts";
import type { Match } from "./schema.ts";
import { type Tri, tri } from "./tri.ts";

type PlainKey = Exclude<keyof Match, "any-of" | "all-of" | "none-of">;

/** One row a key: how the file's value becomes a condition. */
type KeyTable = { readonly [K in PlainKey]: (value: NonNullable<Match[K]>) => Condition };

type Texts = string | readonly string[];
const list = (value: Texts): readonly string[] => (typeof value === "string" ? [value] : value);

/** A condition on one text of the device, by glob. A device without the text does not match. */
const byGlob =
  (key: string, text: (device: DeviceFacts) => string | undefined) =>
  (value: Texts): Condition => {
    const glob = compileGlobs(list(value));
    return plain(key, value, (device) => {
      const found = text(device);
      return tri(found !== undefined && glob.test(found));
    });
  };

/** A condition on any of several texts. */
const byAnyGlob =
  (key: string, texts: (device: DeviceFacts) => readonly (string | undefined)[]) =>
  (value: Texts): Condition => {
    const glob = compileGlobs(list(value));
    return plain(key, value, (device) => tri(texts(device).some((text) => text !== undefined && glob.test(text))));
  };

const plain = (key: string, value: Texts, test: Condition["test"]): Condition => ({
  text: `${key}: ${list(value).join(" | ")}`,
  needsUdev: false,
  test,
});

/** Vendor and product as written, made like the database's: four lower-case digits. */
const hex4 = (text: string): string => Number.parseInt(text, 16).toString(16).padStart(4, "0");

const byId =
  (key: "vendor" | "product") =>
  (value: Texts): Condition => {
    const wanted = new Set(list(value).map(hex4));
    return plain(key, value, (device) => tri(device.ids !== undefined && wanted.has(device.ids[key])));
  };

const globsOf = (map: Readonly<Record<string, Texts>>): [string, Glob][] =>
  Object.entries(map).map(([name, value]) => [name, compileGlobs(list(value))]);

const textOf = (key: string, map: Readonly<Record<string, Texts>>): string =>
  Object.entries(map)
    .map(([name, value]) => `${key} ${name}: ${list(value).join(" | ")}`)
    .join(", ");

/** Until the host's udev has spoken of the device, what the kernel does not say is not known. */
const unsaid = (device: DeviceFacts): Tri =>
  device.unit.hostUdev && device.record.udev === undefined ? "unknown" : "no";

const propertyOf = ({ udev, properties }: DeviceRecord, name: string): string | undefined =>
  udev?.properties[name] ?? properties[name];

const byUdevList =
  (key: "tag" | "link", of: (record: DeviceRecord) => readonly string[] | undefined) =>
  (value: Texts): Condition => {
    const glob = compileGlobs(list(value));
    return {
      text: `${key}: ${list(value).join(" | ")}`,
      needsUdev: true,
      test: (device) => (of(device.record)?.some(glob.test) ? "yes" : unsaid(device)),
    };
  };

export const keyTable: KeyTable = {
  subsystem: byGlob("subsystem", ({ record }) => record.subsystem),
  devtype: byGlob("devtype", ({ record }) => record.devtype),
  kernel: byGlob("kernel", ({ name }) => name),
  devname: (value) =>
    byGlob("devname", ({ record }) => record.devname)(list(value).map((name) => name.replace(/^\/dev\//, ""))),
  devpath: (value) =>
    byGlob("devpath", ({ record }) => record.devpath)(list(value).map((path) => path.replace(/^\/sys\//, "/"))),
  class: (value) => {
    const wanted = list(value);
    return plain("class", value, ({ classes }) => tri(classes.some((name) => wanted.includes(name))));
  },
  vendor: byId("vendor"),
  product: byId("product"),
  serial: byGlob("serial", ({ serial }) => serial),
  driver: byAnyGlob("driver", ({ chain }) => chain.map(({ driver }) => driver)),
  port: byAnyGlob("port", ({ unit: { unit } }) => [unit.port, unit.path]),
  pci: byAnyGlob("pci", ({ chain }) =>
    chain.filter(({ subsystem }) => subsystem === "pci").map(({ devpath }) => kernelName(devpath)),
  ),
  identity: byGlob("identity", ({ unit: { unit } }) => unit.identity),
  property: (value) => {
    const globs = globsOf(value);
    return {
      text: textOf("property", value),
      needsUdev: true,
      test: (device) => {
        let result: Tri = "yes";
        for (const [name, glob] of globs) {
          const found = propertyOf(device.record, name);
          const one = found === undefined ? unsaid(device) : tri(glob.test(found));
          if (one === "no") return "no";
          if (one === "unknown") result = "unknown";
        }
        return result;
      },
    };
  },
  attribute: (value) => {
    const globs = globsOf(value);
    const holds = ({ attributes }: DeviceRecord): boolean =>
      globs.every(([name, glob]) => attributes[name] !== undefined && glob.test(attributes[name]));
    return { text: textOf("attribute", value), needsUdev: false, test: ({ chain }) => tri(chain.some(holds)) };
  },
  tag: byUdevList("tag", ({ udev }) => udev?.tags),
  link: byUdevList("link", ({ udev }) => udev?.links),
  arrival: (value) => plain("arrival", value, ({ record }) => tri((record.arrival ?? "present") === value)),
  host: byGlob("host", ({ unit }) => unit.host),
};

export const plainKeys = Object.keys(keyTable) as PlainKey[];
