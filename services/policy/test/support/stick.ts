import type { UeventMessage } from "@udevns/protocol";

/** A USB stick with one partition: a unit of four devices, of which three have nodes. */
export const STICK = "/devices/pci0000:00/0000:00:14.0/usb1/1-1";
export const INTERFACE = `${STICK}/1-1:1.0`;
export const DISK = `${INTERFACE}/host0/target0:0:0/0:0:0:0/block/sda`;
export const PARTITION = `${DISK}/sda1`;

export type More = Partial<UeventMessage>;

/** An event as capture says it, with the properties that the kernel puts into every one. */
export const event = (action: string, devpath: string, subsystem: string, seqnum: number, more: More = {}) => {
  const boot = more.boot ?? "b0";
  const whole: UeventMessage = {
    v: 1,
    id: `lab:${boot}:${seqnum}`,
    host: "lab",
    boot,
    source: "kernel",
    action,
    devpath,
    subsystem,
    seqnum,
    attributes: {},
    hops: {},
    ...more,
    properties: {
      ACTION: action,
      DEVPATH: devpath,
      SUBSYSTEM: subsystem,
      ...more.properties,
      SEQNUM: String(seqnum),
    },
  };
  return whole;
};

const usb = (address: number) => ({
  MAJOR: "189",
  MINOR: String(address - 1),
  DEVNAME: `bus/usb/001/00${address}`,
  DEVTYPE: "usb_device",
  PRODUCT: "951/1666/110",
});
const disk = (minor: number, devtype: string, name: string) => ({
  MAJOR: "8",
  MINOR: String(minor),
  DEVNAME: name,
  DEVTYPE: devtype,
});

/** The stick's events, parents first, numbered from `seqnum`. */
export const all = (action: string, seqnum: number, more: More = {}): UeventMessage[] => {
  const parts: [string, string, Record<string, string>][] = [
    [STICK, "usb", usb(2)],
    [INTERFACE, "usb", { DEVTYPE: "usb_interface" }],
    [DISK, "block", disk(0, "disk", "sda")],
    [PARTITION, "block", disk(1, "partition", "sda1")],
  ];
  return parts.map(([devpath, subsystem, properties], index) =>
    event(action, devpath, subsystem, seqnum + index, { ...more, properties: { ...properties, ...more.properties } }),
  );
};

export const plug = (seqnum = 1, more: More = {}): UeventMessage[] => all("add", seqnum, more);

/** The kernel removes children first. */
export const pull = (seqnum: number): UeventMessage[] =>
  all("remove", 0)
    .reverse()
    .map(({ devpath, subsystem, properties }, index) =>
      event("remove", devpath, subsystem, seqnum + index, { properties: { ...properties } }),
    );

/** The stick's own `add` after the bus has numbered it anew: the same path, another node. */
export const renumbered = (seqnum: number): UeventMessage => event("add", STICK, "usb", seqnum, { properties: usb(3) });
