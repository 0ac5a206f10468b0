import type { Condition } from "./condition.ts";
import type { DeviceFacts, UnitFacts } from "./facts.ts";
import { keyTable, plainKeys } from "./match-keys.ts";
import type { Reader } from "./reader.ts";
import type { Match } from "./schema.ts";
import { every, not, some, type Tri } from "./tri.ts";

/** A match object, ready to ask: the conditions hold for one device, and each operator asks the unit anew. */
export interface CompiledMatch {
  readonly conditions: readonly Condition[];
  readonly anyOf: readonly CompiledMatch[];
  readonly allOf: readonly CompiledMatch[];
  readonly noneOf: readonly CompiledMatch[];
  readonly needsUdev: boolean;
  readonly timed: boolean;
}

/** What is wrong in it is reported, and left out of the result. */
export function compileMatch(match: Match, reader: Reader): CompiledMatch {
  const conditions = plainKeys.flatMap((key) => {
    const value = match[key];
    if (value === undefined) return [];
    const compile = keyTable[key] as (value: unknown, at: { match: Match; reader: Reader }) => Condition | undefined;
    return compile(value, { match, reader }) ?? [];
  });
  const [anyOf, allOf, noneOf] = (["any-of", "all-of", "none-of"] as const).map((key) =>
    (match[key] ?? []).map((part) => compileMatch(part, reader)),
  ) as [CompiledMatch[], CompiledMatch[], CompiledMatch[]];
  const parts = [...conditions, ...anyOf, ...allOf, ...noneOf];
  return {
    conditions,
    anyOf,
    allOf,
    noneOf,
    needsUdev: parts.some((part) => part.needsUdev),
    timed: parts.some((part) => part.timed === true),
  };
}

/** Asks a unit: is there one device for which all conditions hold, and do the operators hold? */
export const unitMatches = (match: CompiledMatch, unit: UnitFacts): Tri =>
  both(match.conditions.length === 0 ? "yes" : some(unit.devices, (device) => conditionsHold(match, device)), () =>
    operatorsHold(match, unit),
  );

/** Asks one device; the operators ask the unit around it. */
export const deviceMatches = (match: CompiledMatch, device: DeviceFacts): Tri =>
  both(conditionsHold(match, device), () => operatorsHold(match, device.unit));

const conditionsHold = ({ conditions }: CompiledMatch, device: DeviceFacts): Tri =>
  every(conditions, (condition) => condition.test(device));

function operatorsHold({ anyOf, allOf, noneOf }: CompiledMatch, unit: UnitFacts): Tri {
  const any = anyOf.length === 0 ? "yes" : some(anyOf, (match) => unitMatches(match, unit));
  return both(any, () =>
    both(
      every(allOf, (match) => unitMatches(match, unit)),
      () => not(some(noneOf, (match) => unitMatches(match, unit))),
    ),
  );
}

function both(first: Tri, second: () => Tri): Tri {
  if (first === "no") return "no";
  const other = second();
  return other === "yes" ? first : other;
}
