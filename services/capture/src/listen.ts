import type { UeventDatagram } from "@udevns/native";
import { isLibudevMessage, type ParsedUevent, parseLibudevMessage, parseUevent } from "@udevns/uevent";

/** What a datagram turned out to be. */
export type Heard =
  | { readonly kind: "kernel"; readonly event: ParsedUevent; readonly receivedAtNs: bigint }
  /** udevd says that it has handled that event. */
  | { readonly kind: "udev"; readonly event: ParsedUevent; readonly receivedAtNs: bigint }
  | { readonly kind: "foreign" }
  | { readonly kind: "malformed"; readonly error: Error };

const KERNEL_GROUP = 1;
const UDEV_GROUP = 2;

/**
 * Tells the kernel's own events from anything else. Any process may send to this socket (CVE-2009-1185), so a kernel event must
 * have come by the kernel's group, from port 0, with pid 0 and uid 0 in its credentials.
 */
export function understand({ payload, group, portId, sender, receivedAtNs }: UeventDatagram): Heard {
  try {
    if (group === KERNEL_GROUP && portId === 0 && sender?.pid === 0 && sender.uid === 0) {
      return { kind: "kernel", event: parseUevent(payload), receivedAtNs };
    }
    if (group === UDEV_GROUP && portId !== 0 && sender?.uid === 0 && isLibudevMessage(payload)) {
      return { kind: "udev", event: eventOf(parseLibudevMessage(payload).properties), receivedAtNs };
    }
    return { kind: "foreign" };
  } catch (error) {
    return { kind: "malformed", error: error as Error };
  }
}

/** The kernel event that a libudev message is about, checked by the same rules. */
function eventOf(properties: Record<string, string>): ParsedUevent {
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\0`);
  return parseUevent(Buffer.from(`${properties.ACTION}@${properties.DEVPATH}\0${lines.join("")}`, "utf8"));
}
