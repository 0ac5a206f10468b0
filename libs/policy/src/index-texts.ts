import { kernelName } from "@udevns/devices";
import type { DeviceRecord } from "@udevns/protocol";
import type { IndexKind } from "./condition.ts";
import { awaitsUdev, type DeviceFacts, type UnitFacts } from "./facts.ts";

/**
 * Every text of a kind that some condition of that kind could find in the unit, once each;
 * undefined where that is not known yet, so that all rules of the kind have to be asked.
 */
export const textsOf: { readonly [K in IndexKind]: (unit: UnitFacts) => Iterable<string> | undefined } = {
  identity: ({ unit }) => [unit.identity],
  serial: (unit) => perDevice(unit, ({ serial }) => serial),
  ids: (unit) => perDevice(unit, ({ ids }) => ids && `${ids.vendor}:${ids.product}`),
  attribute: (unit) => perRecord(unit, ({ attributes }) => pairs(attributes)),
  property: (unit) => {
    if (unit.devices.some(awaitsUdev)) return undefined;
    return perRecord(unit, ({ properties, udev }) =>
      pairs(udev === undefined ? properties : { ...properties, ...udev.properties }),
    );
  },
  port: ({ unit }) => [unit.port, unit.path].filter((text) => text !== undefined),
  devname: (unit) => perDevice(unit, ({ record }) => record.devname),
  kernel: (unit) => perDevice(unit, ({ name }) => name),
  devpath: (unit) => perDevice(unit, ({ record }) => record.devpath),
  product: (unit) => perDevice(unit, ({ ids }) => ids?.product),
  vendor: (unit) => perDevice(unit, ({ ids }) => ids?.vendor),
  pci: (unit) => perRecord(unit, ({ subsystem, devpath }) => (subsystem === "pci" ? [kernelName(devpath)] : [])),
  class: (unit) => new Set(unit.devices.flatMap(({ classes }) => classes)),
  driver: (unit) => perRecord(unit, ({ driver }) => (driver === undefined ? [] : [driver])),
  devtype: (unit) => perDevice(unit, ({ record }) => record.devtype),
  subsystem: (unit) => perDevice(unit, ({ record }) => record.subsystem),
};

function perDevice({ devices }: UnitFacts, of: (device: DeviceFacts) => string | undefined): Set<string> {
  const found = new Set<string>();
  for (const device of devices) {
    const text = of(device);
    if (text !== undefined) found.add(text);
  }
  return found;
}

/** Of the unit's devices and of all that is above them. */
function perRecord({ unit, devices }: UnitFacts, of: (record: DeviceRecord) => readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const record of unit.devices) for (const text of of(record)) found.add(text);
  for (const record of devices[0]!.chain.slice(1)) for (const text of of(record)) found.add(text);
  return found;
}

/** Blanks at the end do not count for udev's ATTR, so both forms are shown. */
function pairs(map: Readonly<Record<string, string>>): string[] {
  const found: string[] = [];
  for (const name in map) {
    const value = map[name]!;
    found.push(`${name}=${value}`);
    if (value.endsWith(" ") || value.endsWith("\n")) found.push(`${name}=${value.trimEnd()}`);
  }
  return found;
}
