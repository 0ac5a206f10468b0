import { readFileSync } from "node:fs";
import { checked, type DeviceRecord, UeventMessage } from "@udevns/protocol";

/** A real USB keyboard's uevents, recorded from a QEMU guest: 20 when it is plugged in, 19 when it is pulled out. */
export const keyboard = (what: "add" | "remove"): UeventMessage[] =>
  JSON.parse(readFileSync(new URL(`fixtures/keyboard-${what}.json`, import.meta.url), "utf8")).map((event: unknown) =>
    checked(UeventMessage, event, `keyboard-${what}.json`),
  );

export const keyboardRoot = "/devices/pci0000:00/0000:00:01.0/usb1/1-1";

export const record = (devpath: string, subsystem: string, more: Partial<DeviceRecord> = {}): DeviceRecord => ({
  v: 1,
  host: "lab",
  boot: "b0",
  devpath,
  subsystem,
  seqnum: 1,
  properties: {},
  attributes: {},
  ...more,
});

export const event = (
  action: string,
  devpath: string,
  seqnum: number,
  more: Partial<UeventMessage> = {},
): UeventMessage => ({
  v: 1,
  id: `lab:b0:${seqnum}`,
  host: "lab",
  boot: "b0",
  source: "kernel",
  action,
  devpath,
  subsystem: "input",
  seqnum,
  properties: {},
  attributes: {},
  hops: {},
  ...more,
});
