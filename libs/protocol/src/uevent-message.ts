import { type Static, Type } from "@sinclair/typebox";
import { Hops } from "./hops.ts";

/** Any key: what TypeBox makes of a bare string is a pattern that a line break escapes, and with it the value goes unchecked. */
export const AnyKey = Type.String({ pattern: "^[\\s\\S]*$" });
export const StringMap = Type.Record(AnyKey, Type.String());

/** What the host's udev knows of a device: libudev's properties, tags and links. */
export const UdevInfo = Type.Object(
  {
    properties: StringMap,
    tags: Type.Array(Type.String()),
    /** Links below /dev, without `/dev/`: `input/by-id/usb-…`. */
    links: Type.Array(Type.String()),
  },
  { additionalProperties: false },
);
export type UdevInfo = Static<typeof UdevInfo>;

/**
 * One uevent as capture publishes it on `udevns.v1.uevent.<host>.<subsystem>.<action>`.
 * `source`: `kernel` = heard on the kernel's netlink group; `udev` = the same event after the host's udevd had handled it
 * (group 2), which adds `udev`; `scan` = worked out from /sys (start, overflow, on demand), not heard.
 */
export const UeventMessage = Type.Object(
  {
    v: Type.Literal(1),
    /** `<host>:<boot>:<seqnum>`, with `:udev` or `:scan<n>` behind it for those sources. Also the Msg-Id. */
    id: Type.String(),
    host: Type.String(),
    /** /proc/sys/kernel/random/boot_id */
    boot: Type.String(),
    source: Type.Union([Type.Literal("kernel"), Type.Literal("udev"), Type.Literal("scan")]),
    /** add, remove, change, move, online, offline, bind, unbind */
    action: Type.String(),
    /** Path below /sys, with its leading slash. */
    devpath: Type.String(),
    subsystem: Type.String(),
    /** The kernel's counter; for `scan` the counter when the scan began. */
    seqnum: Type.Integer({ minimum: 0 }),
    /** The kernel's properties in the kernel's order. */
    properties: StringMap,
    /** sysfs attributes that policy may ask for; empty for a device that is gone. */
    attributes: StringMap,
    udev: Type.Optional(UdevInfo),
    hops: Hops,
  },
  { $id: "uevent", additionalProperties: false },
);
export type UeventMessage = Static<typeof UeventMessage>;
