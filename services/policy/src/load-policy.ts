import { type CompiledPolicy, type Diagnostic, parsePolicy } from "@udevns/policy";
import { UdevnsError } from "@udevns/protocol";
import { readPolicySources } from "./config.ts";

/**
 * Reads and compiles the policy files.
 * @throws UDEVNS_E_POLICY_FILE with every place that is wrong
 */
export function loadPolicy(path: string): { policy: CompiledPolicy; warnings: readonly Diagnostic[] } {
  const parsed = parsePolicy(readPolicySources(path));
  if ("policy" in parsed) return parsed;
  const [first] = parsed.errors;
  const detail = parsed.errors
    .map(({ file, line, column, message, mend }) => `${file}:${line}:${column}: ${message}; ${mend}`)
    .join("\n");
  throw new UdevnsError("UDEVNS_E_POLICY_FILE", { file: first?.file ?? path, detail });
}
