import { type Static, Type } from "@sinclair/typebox";
import { type DeviceRecord, type Devnum, StringMap } from "@udevns/protocol";

const closed = { additionalProperties: false } as const;

/** A device as a person writes it in a test or a bug report: what a rule can ask, and no more. */
export const DeviceSketch = Type.Object(
  {
    devpath: Type.String({ pattern: "^/", description: "give the path below /sys, with its leading slash" }),
    subsystem: Type.String({ minLength: 1 }),
    devname: Type.Optional(Type.String()),
    devnum: Type.Optional(
      Type.String({ pattern: "^[bc]?[0-9]+:[0-9]+$", description: "give `major:minor`, as `c13:67`" }),
    ),
    devtype: Type.Optional(Type.String()),
    driver: Type.Optional(Type.String()),
    arrival: Type.Optional(Type.Union([Type.Literal("present"), Type.Literal("inserted")])),
    properties: Type.Optional(StringMap),
    attributes: Type.Optional(StringMap),
    udev: Type.Optional(
      Type.Object(
        {
          properties: Type.Optional(StringMap),
          tags: Type.Optional(Type.Array(Type.String())),
          links: Type.Optional(Type.Array(Type.String())),
        },
        closed,
      ),
    ),
  },
  closed,
);
export type DeviceSketch = Static<typeof DeviceSketch>;

export function fromSketch(sketch: DeviceSketch, host: string): DeviceRecord {
  const { devpath, subsystem, devname, devnum, devtype, driver, arrival, properties, attributes, udev } = sketch;
  return {
    v: 1,
    host,
    boot: "sketch",
    devpath,
    subsystem,
    seqnum: 0,
    ...(devnum !== undefined && { devnum: readDevnum(devnum, subsystem) }),
    ...(devname !== undefined && { devname }),
    ...(devtype !== undefined && { devtype }),
    ...(driver !== undefined && { driver }),
    ...(arrival !== undefined && { arrival }),
    properties: { ...properties },
    attributes: { ...attributes },
    ...(udev !== undefined && {
      udev: { properties: { ...udev.properties }, tags: udev.tags ?? [], links: udev.links ?? [] },
    }),
  };
}

export function toSketch(record: DeviceRecord): DeviceSketch {
  const { devpath, subsystem, devname, devnum, devtype, driver, arrival, properties, attributes, udev } = record;
  return {
    devpath,
    subsystem,
    ...(devname !== undefined && { devname }),
    ...(devnum !== undefined && { devnum: `${devnum.type}${devnum.major}:${devnum.minor}` }),
    ...(devtype !== undefined && { devtype }),
    ...(driver !== undefined && { driver }),
    ...(arrival !== undefined && { arrival }),
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(udev !== undefined && { udev }),
  };
}

function readDevnum(text: string, subsystem: string): Devnum {
  const [, letter, major, minor] = /^([bc]?)(\d+):(\d+)$/.exec(text)!;
  const type = letter === "b" || (letter === "" && subsystem === "block") ? "b" : "c";
  return { type, major: Number(major), minor: Number(minor) };
}
