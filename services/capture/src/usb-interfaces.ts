const INTERFACE_DESCRIPTOR = 4;

/**
 * The interfaces of a USB device as `:030101:030102:` (class, subclass, protocol, as in udev's ID_USB_INTERFACES), from the
 * `descriptors` that the kernel has read before it tells of the device (Documentation/ABI/stable/sysfs-bus-usb). They follow one
 * another, each with its length and type in front (USB 2.0, 9.5). Stops at one that is cut short.
 */
export function formatInterfaces(descriptors: Buffer): string | undefined {
  const found = new Set<string>();
  for (let at = 0; at + 2 <= descriptors.length; ) {
    const length = descriptors[at] as number;
    if (length < 2 || at + length > descriptors.length) break;
    if (descriptors[at + 1] === INTERFACE_DESCRIPTOR && length >= 9)
      found.add(descriptors.toString("hex", at + 5, at + 8));
    at += length;
  }
  return found.size === 0 ? undefined : `:${[...found].join(":")}:`;
}
