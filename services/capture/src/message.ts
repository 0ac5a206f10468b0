import type { DeviceRecord, UdevInfo, UeventMessage } from "@udevns/protocol";
import type { ParsedUevent } from "@udevns/uevent";

/** Who speaks: the part that is the same in all messages of one capture. */
export interface Speaker {
  readonly host: string;
  readonly boot: string;
}

interface Extras {
  readonly attributes: Record<string, string>;
  readonly udev: UdevInfo | undefined;
  readonly hops: UeventMessage["hops"];
}

/** The message of an event of the kernel's. The SEQNUM makes the id, so that a repeat is recognised anywhere. */
export function heardMessage({ host, boot }: Speaker, event: ParsedUevent, extras: Extras): UeventMessage {
  const { action, devpath, subsystem, seqnum, properties } = event;
  const id = `${host}:${boot}:${seqnum}`;
  return { v: 1, id, host, boot, source: "kernel", action, devpath, subsystem, seqnum, properties, ...body(extras) };
}

/** The message that the host's udev has handled a device. `nonce` tells it from others about the same device. */
export function handledMessage(
  { host, boot }: Speaker,
  { devpath, subsystem, seqnum, properties, attributes }: DeviceRecord,
  nonce: string,
  udev: UdevInfo | undefined,
  hops: UeventMessage["hops"],
): UeventMessage {
  return {
    v: 1,
    id: `${host}:${boot}:${seqnum}:udev-${nonce}`,
    host,
    boot,
    source: "udev",
    action: "change",
    devpath,
    subsystem,
    seqnum,
    properties: { ACTION: "change", DEVPATH: devpath, SUBSYSTEM: subsystem, ...properties },
    ...body({ attributes, udev, hops }),
  };
}

export interface ScannedDevice {
  readonly devpath: string;
  readonly subsystem: string;
  readonly properties: Record<string, string>;
}

/** The message of a difference that a scan found. `nonce` tells scans apart, `index` their messages. */
export function scannedMessage(
  { host, boot }: Speaker,
  action: "add" | "remove" | "change",
  device: ScannedDevice,
  at: { seqnum: number; nonce: string; index: number },
  extras: Extras,
): UeventMessage {
  return {
    v: 1,
    id: `${host}:${boot}:${at.seqnum}:scan-${at.nonce}-${at.index}`,
    host,
    boot,
    source: "scan",
    action,
    devpath: device.devpath,
    subsystem: device.subsystem,
    seqnum: at.seqnum,
    properties: { ACTION: action, DEVPATH: device.devpath, SUBSYSTEM: device.subsystem, ...device.properties },
    ...body(extras),
  };
}

const body = ({ attributes, udev, hops }: Extras) => ({ attributes, ...(udev === undefined ? {} : { udev }), hops });
