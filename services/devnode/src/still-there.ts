import { readlinkSync } from "node:fs";
import { type DeviceRecord, type Devnum, formatDevnum, type WorkOf } from "@udevns/protocol";

/**
 * An order as it can still be carried out: without its node where the number is no longer the device's. The container hears of the
 * device, and then of its end, all the same.
 */
export function asOfNow(order: WorkOf<"give">): WorkOf<"give"> {
  const { node, ...rest } = order;
  return node === undefined || hasNumber(order.device, node.devnum) ? order : rest;
}

/**
 * True while a number is the device's. The kernel gives a number that is free again to the next device, which may be another's or the
 * host's own; an order that comes late must not give that.
 */
export const hasNumber = ({ devpath }: DeviceRecord, devnum: Devnum, sysfs = "/sys"): boolean =>
  ownerOf(devnum, sysfs) === `../..${devpath}`;

/** True while there is any device of that number. */
export const isNumberInUse = (devnum: Devnum): boolean => ownerOf(devnum, "/sys") !== undefined;

function ownerOf(devnum: Devnum, sysfs: string): string | undefined {
  const directory = devnum.type === "b" ? "block" : "char";
  try {
    return readlinkSync(`${sysfs}/dev/${directory}/${formatDevnum(devnum)}`);
  } catch {
    return undefined;
  }
}
