import type { Places } from "./decode.ts";
import type { DiagnosticCode, Report, Span } from "./diagnostic.ts";

/** Reports what is wrong with a decoded value, at the place where it was written. */
export interface Reader {
  /**
   * @param owner the object or list that holds the value
   * @param key the value's key in it
   * @param at where in the value's text, if not at its start
   */
  readonly fail: (
    owner: object,
    key: string | number,
    code: DiagnosticCode,
    message: string,
    mend: string,
    at?: { readonly text: string; readonly offset: number },
  ) => void;
}

export function reader(source: string, places: Places, report: Report): Reader {
  return {
    fail: (owner, key, code, message, mend, at) => {
      const span = places.get(owner)?.get(key) ?? { start: 0, end: 0 };
      const start = at === undefined ? span.start : offsetOf(source, span, at.text, at.offset);
      report({ start, end: span.end }, code, message, mend);
    },
  };
}

/**
 * Finds a place of a scalar's text in the file, through quotes, escapes, block indentation and folded lines:
 * the text's characters are looked for one after the other, and what the file has in between is YAML's.
 */
function offsetOf(source: string, span: Span, text: string, offset: number): number {
  let from = span.start;
  if (source[from] === "|" || source[from] === ">") from = source.indexOf("\n", from) + 1;
  else if (source[from] === '"' || source[from] === "'") from++;
  let taken = 0;
  for (let i = from; i < span.end; i++) {
    while (taken < offset && isBlank(text[taken]!) && isBlank(source[i]!) === false) taken++;
    if (source[i] !== text[taken] && !(isBlank(source[i]!) && isBlank(text[taken] ?? ""))) continue;
    if (taken === offset) return i;
    taken++;
  }
  return Math.max(span.start, span.end - 1);
}

const isBlank = (char: string): boolean => char === " " || char === "\n" || char === "\r";
