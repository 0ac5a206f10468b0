export type GlobPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "any" }
  | { readonly kind: "star" }
  /** Ranges of code points. */
  | { readonly kind: "set"; readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] };

/**
 * Takes a glob apart into its alternatives.
 * @throws SyntaxError for a set without `]`, or a `\` at the end
 */
export function parseGlob(source: string): GlobPart[][] {
  const alternatives: GlobPart[][] = [[]];
  const chars = [...source];
  for (let i = 0; i < chars.length; i++) {
    const parts = alternatives.at(-1)!;
    const char = chars[i]!;
    switch (char) {
      case "|":
        alternatives.push([]);
        break;
      case "*":
        if (parts.at(-1)?.kind !== "star") parts.push({ kind: "star" });
        break;
      case "?":
        parts.push({ kind: "any" });
        break;
      case "[": {
        const set = parseSet(chars, i);
        parts.push(set.part);
        i = set.end;
        break;
      }
      case "\\": {
        const next = chars[++i];
        if (next === undefined) throw new SyntaxError("ends in `\\`");
        addText(parts, next);
        break;
      }
      default:
        addText(parts, char);
    }
  }
  return alternatives;
}

function addText(parts: GlobPart[], char: string): void {
  const last = parts.at(-1);
  if (last?.kind === "text") parts[parts.length - 1] = { kind: "text", text: last.text + char };
  else parts.push({ kind: "text", text: char });
}

function parseSet(chars: readonly string[], start: number): { part: GlobPart; end: number } {
  let i = start + 1;
  const negated = chars[i] === "!" || chars[i] === "^";
  if (negated) i++;
  const ranges: [number, number][] = [];
  // A `]` that comes first is a member, as in fnmatch(3).
  for (let first = true; first || chars[i] !== "]"; first = false) {
    if (chars[i] === "\\") i++;
    const from = chars[i];
    if (from === undefined) throw new SyntaxError("has `[` without `]`");
    const isRange = chars[i + 1] === "-" && chars[i + 2] !== undefined && chars[i + 2] !== "]";
    const to = isRange ? chars[i + 2]! : from;
    ranges.push([from.codePointAt(0)!, to.codePointAt(0)!]);
    i += isRange ? 3 : 1;
  }
  return { part: { kind: "set", negated, ranges }, end: i };
}
