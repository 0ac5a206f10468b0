import type { Static, TSchema } from "@sinclair/typebox";
import { decode, type Places } from "./decode.ts";
import { type Diagnostic, diagnosticCodes, type Report } from "./diagnostic.ts";
import { readYaml } from "./yaml.ts";

export interface PolicySource {
  readonly file: string;
  readonly text: string;
}

/** A file that fits its schema, with what it takes to report more about it. */
export interface Document<S extends TSchema> {
  readonly value: Static<S>;
  readonly places: Places;
  readonly report: Report;
  readonly lineOf: (owner: object, key: string) => number;
}

/**
 * Reads a YAML file as a value of a schema.
 * @param found takes in what is wrong with it, now and later through `report`
 */
export function readDocument<S extends TSchema>(
  schema: S,
  { file, text }: PolicySource,
  found: Diagnostic[],
): Document<S> | undefined {
  const early: Parameters<Report>[] = [];
  const { root, place } = readYaml(text, (...finding) => early.push(finding));
  const report: Report = ({ start }, code, message, mend) => {
    found.push({ file, ...place(start), code, message, mend, severity: diagnosticCodes[code] });
  };
  for (const finding of early) report(...finding);
  if (root === undefined) {
    if (early.length === 0)
      report({ start: 0, end: 0 }, "missing-key", "the file is empty", "see docs/policy.md for examples");
    return undefined;
  }
  const places: Places = new WeakMap();
  const value = decode(schema, root, report, places);
  if (value === undefined) return undefined;
  return { value, places, report, lineOf: (owner, key) => place(places.get(owner)?.get(key)?.start ?? 0).line };
}
