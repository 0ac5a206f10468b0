import { type Alias, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Report, Span } from "./diagnostic.ts";

/** A YAML value that knows where it stands. All scalars are text: `0660` and `046d` stay as they were written. */
export type Located =
  | { readonly kind: "text"; readonly text: string; readonly span: Span }
  | { readonly kind: "list"; readonly items: readonly Located[]; readonly span: Span }
  | { readonly kind: "map"; readonly entries: readonly LocatedEntry[]; readonly span: Span }
  | { readonly kind: "null"; readonly span: Span };

export interface LocatedEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: Located;
}

export interface LocatedFile {
  readonly root: Located | undefined;
  readonly place: (offset: number) => { line: number; column: number };
}

/** A policy of 10,000 rules has about 2 MB. */
const MAX_BYTES = 8 * 1024 * 1024;
/** Aliases multiply what was written; a bomb of them ends here. */
const MAX_ALIASED = 20_000;
const MAX_DEPTH = 64;
/** One slip may set a whole file out of step; nobody reads on after so many. */
const MAX_FAULTS = 20;

/** Reads one YAML document. Never throws: what is wrong is reported, and `root` is undefined then. */
export function readYaml(text: string, report: Report): LocatedFile {
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const start: Span = { start: 0, end: 0 };
  if (text.length > MAX_BYTES) {
    report(start, "yaml-limit", `has ${text.length} characters, ${MAX_BYTES} are read`, "split the file");
    return { root: undefined, place };
  }
  const document = parsed(text, lines);
  if (document === undefined) {
    report(start, "yaml-limit", "is nested too deep", "no policy needs so many levels");
    return { root: undefined, place };
  }
  const faults = [...document.errors, ...document.warnings];
  for (const { pos, message } of faults.slice(0, MAX_FAULTS)) {
    report({ start: pos[0], end: pos[1] }, "yaml-syntax", message, "correct the YAML; mind the indentation");
  }
  if (faults.length > 0) return { root: undefined, place };
  try {
    return { root: document.contents === null ? undefined : locator()(document.contents, 0, false), place };
  } catch (error) {
    if (error instanceof Tagged) {
      report(error.span, "yaml-syntax", "tags are not supported", "take out what begins with `!`");
    } else if (error instanceof BadKey) {
      report(error.span, "yaml-syntax", "this is no key", "write plain text before the colon");
    } else if (error instanceof Limit) {
      report(error.span, "yaml-limit", "is nested too deep, or its aliases unfold to too much", "write it out plainly");
    } else throw error;
    return { root: undefined, place };
  }
}

/** Undefined where the text is nested so deep that the parser, which calls itself for each level, runs out of stack. */
function parsed(text: string, lineCounter: LineCounter): ReturnType<typeof parseDocument> | undefined {
  try {
    return parseDocument(text, { lineCounter, schema: "failsafe", uniqueKeys: true, prettyErrors: false });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Makes a walk through one document, in its order: an alias means the anchor of its name that was last before it. */
function locator(): (node: unknown, depth: number, aliased: boolean) => Located {
  const anchors = new Map<string, unknown>();
  const targets = new Map<Alias, unknown>();
  let budget = MAX_ALIASED;

  const locate = (node: unknown, depth: number, aliased: boolean): Located => {
    const span = spanOf(node);
    if (depth > MAX_DEPTH || (aliased && --budget < 0)) throw new Limit(span);
    if (isAlias(node)) {
      if (!targets.has(node)) targets.set(node, anchors.get(node.source));
      try {
        return locate(targets.get(node), depth + 1, true);
      } catch (error) {
        // The place to mend is the alias that was written, not what it unfolds to.
        throw error instanceof Limit ? new Limit(span) : error;
      }
    }
    if (isNode(node) && node.tag !== undefined) throw new Tagged(span);
    if (isNode(node) && node.anchor !== undefined && !aliased) anchors.set(node.anchor, node);
    if (isMap(node)) {
      const entries = node.items.map(({ key, value }) => ({
        key: keyOf(key),
        keySpan: spanOf(key),
        value: value === null ? ({ kind: "null", span: spanOf(key) } as const) : locate(value, depth + 1, aliased),
      }));
      return { kind: "map", entries, span };
    }
    if (isSeq(node)) return { kind: "list", items: node.items.map((item) => locate(item, depth + 1, aliased)), span };
    if (!isScalar(node)) return { kind: "null", span };
    const text = String(node.value ?? "");
    const empty = node.type === "PLAIN" && (text === "" || text === "null" || text === "~");
    return empty ? { kind: "null", span } : { kind: "text", text, span };
  };
  return locate;
}

/** Why a walk through a document ended, and where. */
class Unreadable extends Error {
  readonly span: Span;
  constructor(span: Span) {
    super("unreadable");
    this.span = span;
  }
}
class Limit extends Unreadable {}
class Tagged extends Unreadable {}
class BadKey extends Unreadable {}

/** A key is text: what YAML allows besides, lists and aliases, no policy needs. */
function keyOf(key: unknown): string {
  if (!isScalar(key) || key.tag !== undefined) throw new BadKey(spanOf(key));
  return String(key.value ?? "");
}

function spanOf(node: unknown): Span {
  const range = (node as { range?: [number, number, number] | null } | null)?.range;
  return { start: range?.[0] ?? 0, end: range?.[1] ?? 0 };
}
