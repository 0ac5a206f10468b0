import { type OutgoingUevent, UdevnsError } from "@udevns/protocol";

/**
 * Bytes of payload that always fit: the kernel refuses header + payload + its own `SEQNUM=…` above 2048
 * (UEVENT_BUFFER_SIZE, uevent_net_broadcast in lib/kobject_uevent.c).
 */
export const MAX_UEVENT_BYTES = 2004;

/** The kernel writes its own SEQNUM behind ours, and would pass both on. */
const NOT_FORWARDED = new Set(["SEQNUM"]);

/**
 * Writes `action@devpath\0KEY=VALUE\0…` for the targeted send. A message that is too long goes without MODALIAS,
 * which only module loading reads, and a container loads none.
 * @param max bytes that the way it takes has room for
 * @throws UDEVNS_E_UEVENT_SIZE when it is too long even so
 */
export function formatUevent(uevent: OutgoingUevent, max = MAX_UEVENT_BYTES): Buffer {
  const whole = write(uevent, NOT_FORWARDED);
  if (whole.length <= max) return whole;
  const trimmed = write(uevent, new Set([...NOT_FORWARDED, "MODALIAS"]));
  if (trimmed.length <= max) return trimmed;
  throw new UdevnsError("UDEVNS_E_UEVENT_SIZE", {
    devpath: uevent.devpath,
    bytes: trimmed.length,
    max,
  });
}

/** A NUL would end it early and make another of the rest. */
export const isOneProperty = (key: string, value: string): boolean =>
  key !== "" && !/[=\0]/.test(key) && !value.includes("\0");

function write({ action, devpath, properties }: OutgoingUevent, without: ReadonlySet<string>): Buffer {
  let text = `${action}@${devpath}\0`;
  for (const [key, value] of Object.entries({ ...properties, ACTION: action, DEVPATH: devpath })) {
    if (!without.has(key) && isOneProperty(key, value)) text += `${key}=${value}\0`;
  }
  return Buffer.from(text, "utf8");
}
