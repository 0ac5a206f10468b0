import { type GlobPart, parseGlob } from "./glob-parts.ts";

/**
 * Globs as udev has them: `*` (also over `/`), `?`, `[a-z]`, `[!a-z]`, and `|` between alternatives; `\` takes the next character as it is.
 * Matching goes back to the last `*` only, so its time is bounded by pattern × text and a device's strings cannot make it hang.
 */
export interface Glob {
  readonly source: string;
  /** The globs that it was joined from; itself, where it is one. */
  readonly sources: readonly string[];
  /** The texts that match, where there is no wildcard. */
  readonly literals: readonly string[] | undefined;
  /** How each alternative begins, up to its first wildcard; not there where one begins with a wildcard. */
  readonly prefixes: readonly string[] | undefined;
  readonly test: (text: string) => boolean;
}

/** @throws SyntaxError for a set without `]`, or a `\` at the end */
export function compileGlob(source: string): Glob {
  const alternatives = parseGlob(source);
  const literals = alternatives.map(literalOf);
  const prefixes = alternatives.map(([first]) => (first?.kind === "text" ? first.text : ""));
  const tests = alternatives.map(matcher);
  return {
    source,
    sources: [source],
    literals: literals.every((text) => text !== undefined) ? literals : undefined,
    prefixes: prefixes.includes("") ? undefined : prefixes,
    test: tests.length === 1 ? tests[0]! : (text) => tests.some((test) => test(text)),
  };
}

/** One glob of several, any of which may match. */
export function joinGlobs(globs: readonly Glob[]): Glob {
  if (globs.length === 1) return globs[0]!;
  const joined = (of: (glob: Glob) => readonly string[] | undefined): readonly string[] | undefined => {
    const parts = globs.map(of);
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  };
  const sources = globs.flatMap((glob) => glob.sources);
  return {
    source: sources.join(" | "),
    sources,
    literals: joined(({ literals }) => literals),
    prefixes: joined(({ prefixes }) => prefixes),
    test: (text) => globs.some((glob) => glob.test(text)),
  };
}

/** True where whatever matches `narrow` matches `wide` too. False may also mean that it cannot be seen. */
export function globCovers(wide: Glob, narrow: Glob): boolean {
  if (narrow.literals !== undefined) return narrow.literals.every(wide.test);
  return narrow.sources.every((inner) => wide.sources.some((outer) => sourceCovers(outer, inner)));
}

function sourceCovers(outer: string, inner: string): boolean {
  if (outer === inner || outer === "*") return true;
  // `abc*` covers `abcd*`; more is not tried.
  const prefix = /^([^*?[\\|]*)\*$/.exec(outer)?.[1];
  return prefix !== undefined && !inner.includes("|") && /^[^*?[\\|]*/.exec(inner)![0].startsWith(prefix);
}

function literalOf(parts: readonly GlobPart[]): string | undefined {
  if (parts.length === 0) return "";
  const [only] = parts;
  return parts.length === 1 && only?.kind === "text" ? only.text : undefined;
}

function matcher(parts: readonly GlobPart[]): (text: string) => boolean {
  const literal = literalOf(parts);
  if (literal !== undefined) return (text) => text === literal;
  const [first, second] = parts;
  if (parts.length === 2 && first?.kind === "text" && second?.kind === "star") {
    return (text) => text.startsWith(first.text);
  }
  if (parts.length === 2 && first?.kind === "star" && second?.kind === "text") {
    return (text) => text.endsWith(second.text);
  }
  return (text) => matches(parts, text);
}

function matches(parts: readonly GlobPart[], text: string): boolean {
  let part = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length || part < parts.length) {
    const wanted = parts[part];
    if (wanted?.kind === "star") {
      star = part++;
      resume = at;
      continue;
    }
    const taken = wanted === undefined ? -1 : takes(wanted, text, at);
    if (taken >= 0) {
      part++;
      at += taken;
    } else {
      if (star < 0 || resume >= text.length) return false;
      part = star + 1;
      at = ++resume;
    }
  }
  return true;
}

/** How much of the text a part takes; -1 where it does not match. A character beyond the basic plane is one character. */
function takes(part: Exclude<GlobPart, { kind: "star" }>, text: string, at: number): number {
  if (part.kind === "text") return text.startsWith(part.text, at) ? part.text.length : -1;
  const code = text.codePointAt(at);
  if (code === undefined) return -1;
  const length = code > 0xffff ? 2 : 1;
  if (part.kind === "any") return length;
  return part.ranges.some(([from, to]) => from <= code && code <= to) === part.negated ? -1 : length;
}
