import { checkPolicy, formatDiagnostic } from "@udevns/policy";
import { readNamedPolicy } from "@udevns/service";
import type { Output } from "../../output.ts";

/** `udevns policy check PATH`: every error and warning with its place; exit code 78 when the policy could not come into force. */
export async function checkFile(out: Output, path: string): Promise<number> {
  const sources = readNamedPolicy(path);
  const result = checkPolicy(sources);
  out.print(result, () =>
    [
      ...result.diagnostics.map(formatDiagnostic),
      result.ok ? `${result.rules} rules, ${result.hash?.slice(0, 12)}` : "not usable",
    ].join("\n"),
  );
  return result.ok ? 0 : 78;
}
