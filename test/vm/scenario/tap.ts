import type { CommandResult } from "../driver/rig.ts";

export interface TapResult {
  readonly ok: boolean;
  readonly name: string;
}

/** The results of a C test; one that stopped half-way is a failure of its own. */
export function parseTap({ stdout, stderr, code }: CommandResult): TapResult[] {
  const results = stdout
    .split("\n")
    .map((line) => /^(not )?ok \d+ - (.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, not, name = ""]) => ({ ok: not === undefined, name }));
  if (!stdout.includes(`1..${results.length}\n`)) {
    results.push({
      ok: false,
      name: `ended early with code ${code}: ${stderr}${stdout.split("\n").slice(-3).join(" ")}`,
    });
  }
  return results;
}

export const failures = (results: readonly TapResult[]): string[] => results.filter((r) => !r.ok).map((r) => r.name);
