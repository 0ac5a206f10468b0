import { type DeviceChange, isSynthetic } from "@udevns/devices";
import type { Grant, UeventMessage } from "@udevns/protocol";

/** True for an event that those who have the device hear by itself. */
export const isForHolders = (event: UeventMessage, change: DeviceChange): boolean =>
  event.source === "kernel" && event.action !== "remove" && !isAnticipated(event, change);

/**
 * A grant that this event brought about, in this life or an earlier one, tells `add` by itself; an event of another kind comes
 * behind that.
 */
export const isToldByGrant = (grant: Grant, event: UeventMessage, given: ReadonlySet<Grant>): boolean =>
  event.action === "add" && (given.has(grant) || grant.device.seqnum === event.seqnum);

/** The kernel's `add` of a device that a scan had found, and told of, before that event was heard. */
const isAnticipated = (event: UeventMessage, change: DeviceChange): boolean =>
  event.action === "add" &&
  !isSynthetic(event) &&
  change.kind === "changed" &&
  change.before.arrival === "present" &&
  change.before.boot === event.boot;

/**
 * A network interface that a container has is in its namespace: to the host the kernel says `remove`, and nothing more until it comes
 * back; also not when it is unplugged there.
 */
export const isMoveOfInterface = ({ action, subsystem }: UeventMessage): boolean =>
  action === "remove" && (subsystem === "net" || subsystem === "queues");
