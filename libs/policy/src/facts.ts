import {
  type DeviceClass,
  type DeviceDatabase,
  deviceClass,
  type Ids,
  idsOf,
  kernelName,
  serialOf,
  type Unit,
} from "@udevns/devices";
import type { DeviceRecord } from "@udevns/protocol";
import { textAt } from "./texts.ts";

/** What conditions ask about one device; each answer is worked out when first asked for. */
export interface DeviceFacts {
  readonly record: DeviceRecord;
  readonly unit: UnitFacts;
  readonly name: string;
  /** The device, then what is above it, nearest first. */
  readonly chain: readonly DeviceRecord[];
  readonly classes: readonly DeviceClass[];
  /** Of the device, or of the nearest parent that has them. */
  readonly ids: Ids | undefined;
  readonly serial: string | undefined;
}

export interface Circumstances {
  readonly host: string;
  readonly now: Date;
  /** True where a udevd runs on the host: what it has not said is then unknown, else it is not there. */
  readonly hostUdev: boolean;
}

export interface UnitFacts extends Circumstances {
  readonly unit: Unit;
  readonly devices: readonly DeviceFacts[];
  /** Takes in what went wrong in a `when:` while it ran. */
  readonly fault: (expression: string, message: string) => void;
}

export function unitFacts(
  unit: Unit,
  db: DeviceDatabase,
  { host, now, hostUdev }: Circumstances,
  fault: UnitFacts["fault"] = () => {},
): UnitFacts {
  const devices: DeviceFacts[] = [];
  const facts: UnitFacts = { unit, host, now, hostUdev, devices, fault };
  for (const record of unit.devices) devices.push(new LazyFacts(record, facts, db));
  return facts;
}

/** Until the host's udev has spoken of a device, what the kernel does not say of it is not known. */
export const awaitsUdev = ({ unit, record }: DeviceFacts): boolean => unit.hostUdev && record.udev === undefined;

/** A property as udev has it, else as the kernel has it. */
export const propertyOf = ({ udev, properties }: DeviceRecord, name: string): string | undefined =>
  textAt(udev?.properties, name) ?? textAt(properties, name);

class LazyFacts implements DeviceFacts {
  readonly record: DeviceRecord;
  readonly unit: UnitFacts;
  readonly #db: DeviceDatabase;
  #chain: readonly DeviceRecord[] | undefined;
  #classes: readonly DeviceClass[] | undefined;
  #ids: Ids | null | undefined;
  #serial: string | null | undefined;

  constructor(record: DeviceRecord, unit: UnitFacts, db: DeviceDatabase) {
    this.record = record;
    this.unit = unit;
    this.#db = db;
  }

  get name(): string {
    return kernelName(this.record.devpath);
  }

  get chain(): readonly DeviceRecord[] {
    this.#chain ??= [this.record, ...this.#db.ancestors(this.record.devpath)];
    return this.#chain;
  }

  get classes(): readonly DeviceClass[] {
    this.#classes ??= deviceClass(this.record, this.#db);
    return this.#classes;
  }

  get ids(): Ids | undefined {
    if (this.#ids === undefined) this.#ids = nearest(this.chain, idsOf) ?? null;
    return this.#ids ?? undefined;
  }

  get serial(): string | undefined {
    if (this.#serial === undefined) this.#serial = nearest(this.chain, serialOf) ?? null;
    return this.#serial ?? undefined;
  }
}

function nearest<T>(chain: readonly DeviceRecord[], of: (record: DeviceRecord) => T | undefined): T | undefined {
  for (const record of chain) {
    const found = of(record);
    if (found !== undefined) return found;
  }
  return undefined;
}
