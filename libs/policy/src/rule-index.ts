import { kernelName } from "@udevns/devices";
import type { DeviceRecord } from "@udevns/protocol";
import type { CompiledMatch } from "./compile-match.ts";
import { type IndexKey, type IndexKind, indexKinds } from "./condition.ts";
import type { DeviceFacts, UnitFacts } from "./facts.ts";

/** Rules filed under a text that a unit must show to match them. */
export interface RuleIndex {
  readonly filed: ReadonlyMap<IndexKind, ReadonlyMap<string, readonly number[]>>;
  /** Rules that no single text decides: asked for every unit. */
  readonly rest: readonly number[];
}

export function buildIndex(matches: readonly CompiledMatch[]): RuleIndex {
  const filed = new Map<IndexKind, Map<string, number[]>>();
  const rest: number[] = [];
  matches.forEach((match, number) => {
    const key = indexKeys(match)[0];
    if (key === undefined) {
      rest.push(number);
      return;
    }
    let shelf = filed.get(key.kind);
    if (shelf === undefined) {
      shelf = new Map();
      filed.set(key.kind, shelf);
    }
    for (const value of new Set(key.values)) {
      const numbers = shelf.get(value);
      if (numbers === undefined) shelf.set(value, [number]);
      else numbers.push(number);
    }
  });
  return { filed, rest };
}

/** All that a match can be looked up by, the most telling first. */
export function indexKeys({ conditions }: CompiledMatch): readonly IndexKey[] {
  const keys = conditions.flatMap(({ index }) => (index === undefined ? [] : [index]));
  const vendor = keys.find(({ kind }) => kind === "vendor");
  const product = keys.find(({ kind }) => kind === "product");
  if (vendor !== undefined && product !== undefined) {
    keys.push({ kind: "ids", values: vendor.values.flatMap((v) => product.values.map((p) => `${v}:${p}`)) });
  }
  return keys.sort((a, b) => indexKinds.indexOf(a.kind) - indexKinds.indexOf(b.kind));
}

/** The numbers of the rules that may match a unit, in order. */
export function candidates({ filed, rest }: RuleIndex, unit: UnitFacts): readonly number[] {
  let found: number[] | undefined;
  for (const [kind, shelf] of filed) {
    for (const text of new Set(textsOf[kind](unit))) {
      const numbers = shelf.get(text);
      if (numbers === undefined) continue;
      found ??= [...rest];
      for (const number of numbers) found.push(number);
    }
  }
  return found === undefined ? rest : [...new Set(found)].sort((a, b) => a - b);
}

const perDevice =
  (of: (device: DeviceFacts) => string | undefined) =>
  (unit: UnitFacts): string[] =>
    unit.devices.map(of).filter((text) => text !== undefined);

/** The devices of the unit and all that is above them, once each. */
function* chains(unit: UnitFacts): Generator<DeviceRecord> {
  yield* unit.unit.devices;
  yield* unit.devices[0]?.chain.slice(1) ?? [];
}

/** Every text of a kind that some condition of that kind could find in the unit. */
const textsOf: { readonly [K in IndexKind]: (unit: UnitFacts) => Iterable<string> } = {
  identity: ({ unit }) => [unit.identity],
  serial: perDevice(({ serial }) => serial),
  ids: perDevice(({ ids }) => ids && `${ids.vendor}:${ids.product}`),
  attribute: (unit) =>
    [...chains(unit)].flatMap(({ attributes }) =>
      Object.entries(attributes).flatMap(([name, value]) => [`${name}=${value}`, `${name}=${value.trimEnd()}`]),
    ),
  port: ({ unit }) => [unit.port, unit.path].filter((text) => text !== undefined),
  devname: perDevice(({ record }) => record.devname),
  kernel: perDevice(({ name }) => name),
  devpath: perDevice(({ record }) => record.devpath),
  product: perDevice(({ ids }) => ids?.product),
  vendor: perDevice(({ ids }) => ids?.vendor),
  pci: (unit) => Array.from(chains(unit), ({ subsystem, devpath }) => (subsystem === "pci" ? kernelName(devpath) : "")),
  class: (unit) => unit.devices.flatMap(({ classes }) => classes),
  driver: (unit) => Array.from(chains(unit), ({ driver }) => driver ?? ""),
  devtype: perDevice(({ record }) => record.devtype),
  subsystem: perDevice(({ record }) => record.subsystem),
};
