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
  readonly test: (text: string) => boolean;
}

type Part =
  | { readonly kind: "char"; readonly char: string }
  | { readonly kind: "any" }
  | { readonly kind: "star" }
  | { readonly kind: "set"; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] };

/** @throws SyntaxError for a set without `]`, or a `\` at the end */
export function compileGlob(source: string): Glob {
  const alternatives = parse(source);
  const literals = alternatives.every((parts) => parts.every((part) => part.kind === "char"))
    ? alternatives.map((parts) => parts.map((part) => (part.kind === "char" ? part.char : "")).join(""))
    : undefined;
  const tests = alternatives.map(matcher);
  return { source, sources: [source], literals, test: (text) => tests.some((test) => test(text)) };
}

/** One glob of several, any of which may match. */
export function joinGlobs(globs: readonly Glob[]): Glob {
  if (globs.length === 1) return globs[0]!;
  const literals = globs.every((glob) => glob.literals !== undefined)
    ? globs.flatMap((glob) => glob.literals!)
    : undefined;
  const sources = globs.flatMap((glob) => glob.sources);
  return { source: sources.join(" | "), sources, literals, test: (text) => globs.some((glob) => glob.test(text)) };
}

function parse(source: string): Part[][] {
  const alternatives: Part[][] = [[]];
  const chars = [...source];
  for (let i = 0; i < chars.length; i++) {
    const parts = alternatives.at(-1)!;
    const char = chars[i]!;
    if (char === "|") alternatives.push([]);
    else if (char === "*") parts.push({ kind: "star" });
    else if (char === "?") parts.push({ kind: "any" });
    else if (char === "[") {
      const set = parseSet(chars, i);
      parts.push(set.part);
      i = set.end;
    } else if (char === "\\") {
      const next = chars[++i];
      if (next === undefined) throw new SyntaxError("ends in `\\`");
      parts.push({ kind: "char", char: next });
    } else parts.push({ kind: "char", char });
  }
  return alternatives;
}

function parseSet(chars: readonly string[], start: number): { part: Part; end: number } {
  let i = start + 1;
  const negated = chars[i] === "!" || chars[i] === "^";
  if (negated) i++;
  const ranges: [string, string][] = [];
  // A `]` that comes first is a member, as in fnmatch(3).
  for (let first = true; first || chars[i] !== "]"; first = false) {
    if (chars[i] === "\\") i++;
    const from = chars[i];
    if (from === undefined) throw new SyntaxError("has `[` without `]`");
    const isRange = chars[i + 1] === "-" && chars[i + 2] !== undefined && chars[i + 2] !== "]";
    ranges.push([from, isRange ? chars[i + 2]! : from]);
    i += isRange ? 3 : 1;
  }
  return { part: { kind: "set", negated, ranges }, end: i };
}

function matcher(parts: readonly Part[]): (text: string) => boolean {
  if (parts.every((part) => part.kind === "char")) {
    const literal = parts.map((part) => part.char).join("");
    return (text) => text === literal;
  }
  if (parts.at(-1)!.kind === "star" && parts.slice(0, -1).every((part) => part.kind === "char")) {
    const prefix = parts.map((part) => (part.kind === "char" ? part.char : "")).join("");
    return (text) => text.startsWith(prefix);
  }
  return (text) => matches(parts, [...text]);
}

function matches(parts: readonly Part[], chars: readonly string[]): boolean {
  let part = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  while (at < chars.length) {
    const wanted = parts[part];
    if (wanted?.kind === "star") {
      star = part++;
      resume = at;
    } else if (wanted !== undefined && takes(wanted, chars[at]!)) {
      part++;
      at++;
    } else if (star >= 0) {
      part = star + 1;
      at = ++resume;
    } else return false;
  }
  while (parts[part]?.kind === "star") part++;
  return part === parts.length;
}

function takes(part: Part, char: string): boolean {
  switch (part.kind) {
    case "char":
      return part.char === char;
    case "any":
      return true;
    case "set":
      return part.ranges.some(([from, to]) => from <= char && char <= to) !== part.negated;
    case "star":
      return false;
  }
}
