import type { Condition } from "./condition.ts";
import type { DeviceFacts, UnitFacts } from "./facts.ts";
import { keyTable, plainKeys } from "./match-keys.ts";
import type { Match } from "./schema.ts";
import { every, not, some, type Tri } from "./tri.ts";

/** A match object, ready to ask: the conditions hold for one device, and each operator for the unit. */
export interface CompiledMatch {
  readonly conditions: readonly Condition[];
  readonly anyOf: readonly CompiledMatch[];
  readonly allOf: readonly CompiledMatch[];
  readonly noneOf: readonly CompiledMatch[];
  readonly needsUdev: boolean;
}

export function compileMatch(match: Match): CompiledMatch {
  const conditions = plainKeys.flatMap((key) => {
    const value = match[key];
    return value === undefined ? [] : [(keyTable[key] as (value: unknown) => Condition)(value)];
  });
  const anyOf = (match["any-of"] ?? []).map(compileMatch);
  const allOf = (match["all-of"] ?? []).map(compileMatch);
  const noneOf = (match["none-of"] ?? []).map(compileMatch);
  const parts = [...conditions, ...anyOf, ...allOf, ...noneOf];
  return { conditions, anyOf, allOf, noneOf, needsUdev: parts.some((part) => part.needsUdev) };
}

/** Asks a unit. */
export function unitMatches(match: CompiledMatch, unit: UnitFacts): Tri {
  return every(parts(match), (part) => part(unit));
}

/** Asks one device; operators ask the unit around it. */
export const deviceMatches = (match: CompiledMatch, device: DeviceFacts): Tri =>
  every([conditionsHold(match, device), operatorsHold(match, device.unit)], (value) => value);

function* parts(match: CompiledMatch): Generator<(unit: UnitFacts) => Tri> {
  if (match.conditions.length > 0) yield (unit) => some(unit.devices, (device) => conditionsHold(match, device));
  yield (unit) => operatorsHold(match, unit);
}

const conditionsHold = (match: CompiledMatch, device: DeviceFacts): Tri =>
  every(match.conditions, (condition) => condition.test(device));

const operatorsHold = ({ anyOf, allOf, noneOf }: CompiledMatch, unit: UnitFacts): Tri =>
  every(
    [
      () => (anyOf.length === 0 ? "yes" : some(anyOf, (match) => unitMatches(match, unit))),
      () => every(allOf, (match) => unitMatches(match, unit)),
      () => not(some(noneOf, (match) => unitMatches(match, unit))),
    ] as const,
    (ask) => ask(),
  );
