import { type Static, Type } from "@sinclair/typebox";
import { StringMap, UdevInfo } from "./uevent-message.ts";

export const Devnum = Type.Object(
  {
    type: Type.Union([Type.Literal("c"), Type.Literal("b")]),
    major: Type.Integer({ minimum: 0 }),
    minor: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
);
export type Devnum = Static<typeof Devnum>;

/** A device as it is now: the level that uevents are the edges of. Kept in bucket `UDEVNS_DEVICES`. */
export const DeviceRecord = Type.Object(
  {
    v: Type.Literal(1),
    host: Type.String(),
    boot: Type.String(),
    devpath: Type.String(),
    subsystem: Type.String(),
    /** Of the last uevent that shaped this record. */
    seqnum: Type.Integer({ minimum: 0 }),
    devnum: Type.Optional(Devnum),
    /** Below /dev, as the kernel names it: `input/event3`. */
    devname: Type.Optional(Type.String()),
    devtype: Type.Optional(Type.String()),
    driver: Type.Optional(Type.String()),
    /** The kernel's properties, less ACTION, DEVPATH, SUBSYSTEM, SEQNUM and SYNTH_*. */
    properties: StringMap,
    attributes: StringMap,
    udev: Type.Optional(UdevInfo),
    /** `inserted`: its plugging was heard; `present` or nothing: it was found there by a scan. */
    arrival: Type.Optional(Type.Union([Type.Literal("present"), Type.Literal("inserted")])),
  },
  { $id: "device", additionalProperties: false },
);
export type DeviceRecord = Static<typeof DeviceRecord>;

/** `8:1` as in /sys/dev and udev's `b8:1` without the letter. */
export const formatDevnum = (devnum: Devnum): string => `${devnum.major}:${devnum.minor}`;
