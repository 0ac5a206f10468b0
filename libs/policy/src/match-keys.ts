import { kernelName } from "@udevns/devices";
import type { DeviceRecord } from "@udevns/protocol";
import { compileCel } from "./cel.ts";
import type { At, Condition, IndexKind } from "./condition.ts";
import { awaitsUdev, type DeviceFacts } from "./facts.ts";
import { compileGlob, type Glob, joinGlobs } from "./glob.ts";
import { byAttribute, byProperty } from "./pair-keys.ts";
import type { Match } from "./schema.ts";
import { listOf, readGlobs, type Texts } from "./texts.ts";
import { compileTime } from "./time.ts";
import { tri } from "./tri.ts";
import { compileUdev } from "./udev-condition.ts";

export type PlainKey = Exclude<keyof Match, "any-of" | "all-of" | "none-of">;

/** One row a key: how the file's value becomes a condition; undefined where it was wrong and has been reported. */
type KeyTable = { readonly [K in PlainKey]: (value: NonNullable<Match[K]>, at: At) => Condition | undefined };

/** A text of the device, or several of which any may match. A device without one does not match. */
type Get = (device: DeviceFacts) => string | undefined | readonly (string | undefined)[];

const byGlob =
  (key: PlainKey, get: Get, options: { index?: IndexKind; tidy?: (text: string) => string } = {}) =>
  (value: Texts, { match, reader }: At): Condition | undefined => {
    const tidy = options.tidy ?? ((text) => text);
    const glob = readGlobs(match, key, typeof value === "string" ? tidy(value) : tidied(value, tidy), reader);
    if (glob === undefined) return undefined;
    return {
      key,
      text: `${key}: ${glob.source}`,
      needsUdev: false,
      test: (device) => {
        const found = get(device);
        if (found === undefined || typeof found === "string") return tri(found !== undefined && glob.test(found));
        return tri(found.some((text) => text !== undefined && glob.test(text)));
      },
      actual: (device) => {
        const found = get(device);
        return typeof found === "string" ? found : found?.find((text) => text !== undefined);
      },
      glob,
      ...(options.index !== undefined && indexBy(options.index, glob)),
    };
  };

/** Nothing, where a glob begins with a wildcard. */
function indexBy(kind: IndexKind, { literals, prefixes }: Glob): Pick<Condition, "index"> {
  if (literals !== undefined) return { index: { kind, values: literals, by: "text" } };
  return prefixes === undefined ? {} : { index: { kind, values: prefixes, by: "prefix" } };
}

/** In place, so that the list is still the one whose places are known. */
function tidied(list: readonly string[], tidy: (text: string) => string): readonly string[] {
  list.forEach((text, i) => {
    (list as string[])[i] = tidy(text);
  });
  return list;
}

const hex4 = (text: string): string => Number.parseInt(text, 16).toString(16).padStart(4, "0");

const byId =
  (key: "vendor" | "product") =>
  (value: Texts): Condition => {
    const values = listOf(value).map(hex4);
    return {
      key,
      text: `${key}: ${values.join(" | ")}`,
      needsUdev: false,
      test: ({ ids }) => tri(ids !== undefined && values.includes(ids[key])),
      actual: ({ ids }) => ids?.[key],
      glob: joinGlobs(values.map(compileGlob)),
      index: { kind: key, values, by: "text" },
    };
  };

const byUdevList =
  (key: "tag" | "link", of: (record: DeviceRecord) => readonly string[] | undefined) =>
  (value: Texts, { match, reader }: At): Condition | undefined => {
    const glob = readGlobs(match, key, value, reader);
    if (glob === undefined) return undefined;
    return {
      key,
      text: `${key}: ${glob.source}`,
      needsUdev: true,
      test: (device) => {
        if (awaitsUdev(device)) return "unknown";
        return tri(of(device.record)?.some((text) => glob.test(text)) ?? false);
      },
      actual: ({ record }) => of(record)?.join(" "),
      glob,
    };
  };

const withoutDev = (text: string): string => text.replace(/^\/dev\//, "");
const withoutSys = (text: string): string => text.replace(/^\/sys\//, "/");

/** The keys in the order in which a rule's conditions are tried: the cheapest first. */
export const keyTable: KeyTable = {
  host: byGlob("host", ({ unit }) => unit.host),
  time: (value, { reader }) => compileTime(value, reader),
  arrival: (value) => ({
    key: "arrival",
    text: `arrival: ${value}`,
    needsUdev: false,
    test: ({ record }) => tri((record.arrival ?? "present") === value),
    actual: ({ record }) => record.arrival ?? "present",
    glob: compileGlob(value),
  }),
  subsystem: byGlob("subsystem", ({ record }) => record.subsystem, { index: "subsystem" }),
  devtype: byGlob("devtype", ({ record }) => record.devtype, { index: "devtype" }),
  identity: byGlob("identity", ({ unit: { unit } }) => unit.identity, { index: "identity" }),
  port: byGlob("port", ({ unit: { unit } }) => [unit.port, unit.path], { index: "port" }),
  kernel: byGlob("kernel", ({ name }) => name, { index: "kernel" }),
  devname: byGlob("devname", ({ record }) => record.devname, { index: "devname", tidy: withoutDev }),
  devpath: byGlob("devpath", ({ record }) => record.devpath, { index: "devpath", tidy: withoutSys }),
  vendor: byId("vendor"),
  product: byId("product"),
  serial: byGlob("serial", ({ serial }) => serial, { index: "serial" }),
  driver: byGlob("driver", ({ chain }) => chain.map(({ driver }) => driver), { index: "driver" }),
  pci: byGlob("pci", ({ chain }) => chain.filter(isPci).map(({ devpath }) => kernelName(devpath)), { index: "pci" }),
  class: (value) => {
    const values = listOf(value);
    return {
      key: "class",
      text: `class: ${values.join(" | ")}`,
      needsUdev: false,
      test: ({ classes }) => tri(classes.some((name) => values.includes(name))),
      actual: ({ classes }) => classes.join(" ") || undefined,
      glob: joinGlobs(values.map(compileGlob)),
      index: { kind: "class", values, by: "text" },
    };
  },
  attribute: byAttribute,
  property: byProperty,
  tag: byUdevList("tag", ({ udev }) => udev?.tags),
  link: byUdevList("link", ({ udev }) => udev?.links),
  udev: (value, at) => compileUdev(value, at),
  when: (value, at) => compileCel(value, at),
};

function isPci({ subsystem }: DeviceRecord): boolean {
  return subsystem === "pci";
}

export const plainKeys = Object.keys(keyTable) as PlainKey[];
