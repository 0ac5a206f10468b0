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

/** What conditions ask about one device; each answer is worked out when first asked for. */
export interface DeviceFacts {
  readonly record: DeviceRecord;
  readonly unit: UnitFacts;
  readonly name: string;
  /** The device, then what is above it, nearest first. */
  readonly chain: readonly DeviceRecord[];
  readonly classes: readonly DeviceClass[];
  readonly ids: Ids | undefined;
  readonly serial: string | undefined;
}

export interface UnitFacts {
  readonly unit: Unit;
  readonly host: string;
  readonly now: Date;
  /** True where a udevd runs on the host: what it has not said is then unknown, else it is not there. */
  readonly hostUdev: boolean;
  readonly devices: readonly DeviceFacts[];
}

export interface Circumstances {
  readonly host: string;
  readonly now: Date;
  readonly hostUdev: boolean;
}

export function unitFacts(unit: Unit, db: DeviceDatabase, circumstances: Circumstances): UnitFacts {
  const devices: DeviceFacts[] = [];
  const facts: UnitFacts = { unit, ...circumstances, devices };
  for (const record of unit.devices) devices.push(new LazyFacts(record, facts, db));
  return facts;
}

class LazyFacts implements DeviceFacts {
  readonly record: DeviceRecord;
  readonly unit: UnitFacts;
  readonly #db: DeviceDatabase;
  #chain: readonly DeviceRecord[] | undefined;
  #classes: readonly DeviceClass[] | undefined;

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
    return first(this.chain, idsOf);
  }

  get serial(): string | undefined {
    return first(this.chain, serialOf);
  }
}

function first<T>(chain: readonly DeviceRecord[], of: (record: DeviceRecord) => T | undefined): T | undefined {
  for (const record of chain) {
    const found = of(record);
    if (found !== undefined) return found;
  }
  return undefined;
}
