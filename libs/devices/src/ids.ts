import type { DeviceRecord } from "@udevns/protocol";

/** Vendor and product as four lower-case hex digits each, as in `lsusb`. */
export interface Ids {
  readonly vendor: string;
  readonly product: string;
}

const hex4 = (digits: string): string => Number.parseInt(digits, 16).toString(16).padStart(4, "0");

/** The numbers that a record carries itself; a parent's are not looked at. */
export function idsOf(record: DeviceRecord): Ids | undefined {
  const { properties, attributes } = record;
  switch (record.subsystem) {
    case "usb":
      return (
        pair(attributes.idVendor, attributes.idProduct) ??
        matched(/^([0-9a-f]+)\/([0-9a-f]+)\/[0-9a-f]+$/i, properties.PRODUCT)
      );
    case "hid":
      return matched(/^[0-9a-f]+:([0-9a-f]+):([0-9a-f]+)$/i, properties.HID_ID);
    case "input": {
      const ids = matched(/^[0-9a-f]+\/([0-9a-f]+)\/([0-9a-f]+)\/[0-9a-f]+$/i, properties.PRODUCT);
      return ids?.vendor === "0000" ? undefined : ids;
    }
    case "pci":
      return matched(/^([0-9a-f]+):([0-9a-f]+)$/i, properties.PCI_ID) ?? pair(attributes.vendor, attributes.device);
    default:
      return undefined;
  }
}

const pair = (vendor: string | undefined, product: string | undefined): Ids | undefined =>
  matched(/^(?:0x)?([0-9a-f]{1,4}) (?:0x)?([0-9a-f]{1,4})$/i, `${vendor?.trim()} ${product?.trim()}`);

function matched(pattern: RegExp, text: string | undefined): Ids | undefined {
  const found = text === undefined ? null : pattern.exec(text);
  return found === null ? undefined : { vendor: hex4(found[1]!), product: hex4(found[2]!) };
}

/** The serial number that a record carries itself. Bluetooth and HID have it in UNIQ. */
export function serialOf(record: DeviceRecord): string | undefined {
  const { attributes, properties } = record;
  const texts = [attributes.serial, properties.HID_UNIQ, unquoted(properties.UNIQ), attributes.uniq];
  return texts.map((text) => text?.trim()).find((text) => text !== undefined && text !== "");
}

/** Input uevents carry NAME, PHYS and UNIQ in double quotes. */
export const unquoted = (text: string | undefined): string | undefined => text?.replace(/^"(.*)"$/s, "$1");

/** True for serials that makers leave in by the thousand: they tell no device from another. */
export const isPlaceholderSerial = (serial: string): boolean =>
  serial.length < 3 || /^(.)\1*$/.test(serial) || /^0?123456789(?:0|abcdef)?$/i.test(serial);
