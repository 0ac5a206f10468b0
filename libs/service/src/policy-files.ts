import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { UdevnsError } from "@udevns/protocol";
import type { Environment } from "./config.ts";

export interface PolicySource {
  readonly file: string;
  readonly text: string;
}

/** `UDEVNS_POLICY`: a file, or a directory of `*.yaml` read in lexical order. */
export const policyPath = (env: Environment): string => env.UDEVNS_POLICY || "/etc/udevns/policy.yaml";

/**
 * Reads the policy's files: the file and, beside it, `rules.d/*.yaml`; of a directory its `*.yaml`.
 * A policy that is not there is an empty one, which gives nothing to anybody.
 * @throws UDEVNS_E_POLICY_FILE when a file is there and cannot be read
 */
export function readPolicySources(path: string): PolicySource[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return readDirectory(path);
  const main = stat === undefined ? [] : [readSource(path)];
  return [...main, ...readDirectory(join(path, "..", "rules.d"))];
}

function readDirectory(path: string): PolicySource[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  const names = readdirSync(path).filter((name) => /\.ya?ml$/.test(name));
  return names.sort().map((name) => readSource(join(path, name)));
}

function readSource(file: string): PolicySource {
  try {
    return { file, text: readFileSync(file, "utf8") };
  } catch (cause) {
    throw new UdevnsError("UDEVNS_E_POLICY_FILE", { file, detail: (cause as Error).message }, { cause });
  }
}
