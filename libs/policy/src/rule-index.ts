import type { CompiledMatch } from "./compile-match.ts";
import { type IndexKey, type IndexKind, indexKinds } from "./condition.ts";
import type { UnitFacts } from "./facts.ts";
import { textsOf } from "./index-texts.ts";

/** Rules of one kind, by the text that a unit must show, or by how that text must begin. */
interface Shelf {
  readonly exact: Map<string, number[]>;
  readonly prefixes: Map<string, number[]>;
  /** The lengths that prefixes have. */
  readonly lengths: Set<number>;
}

/** Rules filed under a text that a unit must show to match them. */
export interface RuleIndex {
  readonly shelves: ReadonlyMap<IndexKind, Shelf>;
  /** Rules that no single text decides: asked for every unit. */
  readonly rest: readonly number[];
}

export function buildIndex(matches: readonly CompiledMatch[]): RuleIndex {
  const shelves = new Map<IndexKind, Shelf>();
  const rest: number[] = [];
  matches.forEach((match, number) => {
    const key = indexKeys(match)[0];
    if (key === undefined) rest.push(number);
    else file(shelfOf(shelves, key.kind), key, number);
  });
  return { shelves, rest };
}

/** All that a match can be looked up by, the most telling first: among equals the whole text before its beginning. */
export function indexKeys({ conditions }: CompiledMatch): readonly IndexKey[] {
  const keys = conditions.flatMap(({ index }) => (index === undefined ? [] : [index]));
  const vendor = keys.find(({ kind }) => kind === "vendor");
  const product = keys.find(({ kind }) => kind === "product");
  if (vendor !== undefined && product !== undefined) {
    const values = vendor.values.flatMap((v) => product.values.map((p) => `${v}:${p}`));
    keys.push({ kind: "ids", values, by: "text" });
  }
  const rank = ({ kind }: IndexKey): number => indexKinds.indexOf(kind);
  return keys.sort((a, b) => rank(a) - rank(b));
}

/** The numbers of the rules that may match a unit, in order. */
export function candidates({ shelves, rest }: RuleIndex, unit: UnitFacts): readonly number[] {
  let found: number[] | undefined;
  for (const [kind, shelf] of shelves) {
    const texts = textsOf[kind](unit);
    for (const numbers of texts === undefined ? all(shelf) : lookUp(shelf, texts)) {
      found ??= [...rest];
      for (const number of numbers) found.push(number);
    }
  }
  return found === undefined ? rest : [...new Set(found)].sort((a, b) => a - b);
}

/** The numbers of rules that may take all that a match takes, in some lists of ascending numbers. */
export function* related({ shelves, rest }: RuleIndex, match: CompiledMatch): Generator<readonly number[]> {
  for (const { kind, values } of indexKeys(match)) {
    const shelf = shelves.get(kind);
    if (shelf !== undefined) yield* lookUp(shelf, values.slice(0, 1));
  }
  yield rest;
}

function shelfOf(shelves: Map<IndexKind, Shelf>, kind: IndexKind): Shelf {
  let shelf = shelves.get(kind);
  if (shelf === undefined) {
    shelf = { exact: new Map(), prefixes: new Map(), lengths: new Set() };
    shelves.set(kind, shelf);
  }
  return shelf;
}

function file(shelf: Shelf, { values, by }: IndexKey, number: number): void {
  const map = by === "text" ? shelf.exact : shelf.prefixes;
  for (const value of new Set(values)) {
    if (by === "prefix") shelf.lengths.add(value.length);
    const numbers = map.get(value);
    if (numbers === undefined) map.set(value, [number]);
    else numbers.push(number);
  }
}

function* lookUp({ exact, prefixes, lengths }: Shelf, texts: Iterable<string>): Generator<readonly number[]> {
  for (const text of texts) {
    const whole = exact.get(text);
    if (whole !== undefined) yield whole;
    for (const length of lengths) {
      if (length > text.length) continue;
      const begun = prefixes.get(text.slice(0, length));
      if (begun !== undefined) yield begun;
    }
  }
}

function* all({ exact, prefixes }: Shelf): Generator<readonly number[]> {
  yield* exact.values();
  yield* prefixes.values();
}
