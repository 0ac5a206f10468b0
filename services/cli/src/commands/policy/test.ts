import {
  type CaseResult,
  type CompiledPolicy,
  type Diagnostic,
  formatDiagnostic,
  parsePolicy,
  testPolicy,
} from "@udevns/policy";
import { UdevnsError } from "@udevns/protocol";
import { type PolicySource, readNamedPolicy, readPolicyFile, readPolicyTests } from "@udevns/service";
import type { Output } from "../../output.ts";

type Result =
  | { readonly ok: boolean; readonly results: readonly (CaseResult & { readonly file: string })[] }
  | { readonly ok: false; readonly errors: readonly Diagnostic[] };

/** `udevns policy test PATH [--cases FILE]`: runs the cases beside the policy, or all `*.test.yaml` in its directory. */
export async function testFile(out: Output, path: string, options: { cases?: string }): Promise<number> {
  const policy = compile(path);
  const result = runAll(policy, options.cases === undefined ? readPolicyTests(path) : [readPolicyFile(options.cases)]);
  out.print(result, showResult);
  return result.ok ? 0 : 1;
}

function compile(path: string): CompiledPolicy {
  const parsed = parsePolicy(readNamedPolicy(path));
  if ("policy" in parsed) return parsed.policy;
  throw new UdevnsError("UDEVNS_E_POLICY_FILE", { file: path, detail: parsed.errors.map(formatDiagnostic).join("\n") });
}

/** A file that cannot be read as cases fails the whole: what it would have tested is not known to be right. */
function runAll(policy: CompiledPolicy, sources: readonly PolicySource[]): Result {
  const ran = sources.map((source) => ({ file: source.file, result: testPolicy(policy, source) }));
  const errors = ran.flatMap(({ result }) => ("errors" in result ? result.errors : []));
  if (errors.length > 0) return { ok: false, errors };
  const results = ran.flatMap(({ file, result }) =>
    "results" in result ? result.results.map((each) => ({ file, ...each })) : [],
  );
  return { ok: results.every(({ ok }) => ok), results };
}

function showResult(result: Result): string {
  if ("errors" in result) return result.errors.map(formatDiagnostic).join("\n");
  const lines = result.results.map(({ ok, file, name, line, expected, got }) =>
    ok ? `ok      ${name}` : `FAILED  ${name} (${file}:${line})\n        expected ${expected}\n        got      ${got}`,
  );
  const failed = result.results.filter(({ ok }) => !ok).length;
  return [...lines, `${result.results.length - failed} passed, ${failed} failed`].join("\n");
}
