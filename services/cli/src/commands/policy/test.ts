import { readFileSync } from "node:fs";
import { type CompiledPolicy, formatDiagnostic, type PolicyTestResult, parsePolicy, testPolicy } from "@udevns/policy";
import { UdevnsError } from "@udevns/protocol";
import { readPolicySources } from "@udevns/service";
import type { Output } from "../../output.ts";

/** `udevns policy test PATH [--cases FILE]`: runs the table of cases that lies beside the policy, `policy.test.yaml` for `policy.yaml`. */
export async function testFile(out: Output, path: string, options: { cases?: string }): Promise<number> {
  const file = options.cases ?? path.replace(/(\.ya?ml)?$/, ".test.yaml");
  const result = testPolicy(compile(path), { file, text: read(file) });
  out.print(result, showResult);
  return result.ok ? 0 : 1;
}

function compile(path: string): CompiledPolicy {
  const parsed = parsePolicy(readPolicySources(path));
  if ("policy" in parsed) return parsed.policy;
  throw new UdevnsError("UDEVNS_E_POLICY_FILE", { file: path, detail: parsed.errors.map(formatDiagnostic).join("\n") });
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UdevnsError("UDEVNS_E_POLICY_FILE", { file, detail: (cause as Error).message }, { cause });
  }
}

function showResult(result: PolicyTestResult): string {
  if ("errors" in result) return result.errors.map(formatDiagnostic).join("\n");
  const lines = result.results.map(({ ok, name, line, expected, got }) =>
    ok ? `ok      ${name}` : `FAILED  ${name} (line ${line})\n        expected ${expected}\n        got      ${got}`,
  );
  const failed = result.results.filter(({ ok }) => !ok).length;
  return [...lines, `${result.results.length - failed} passed, ${failed} failed`].join("\n");
}
