import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { UdevnsError } from "@udevns/protocol";
import type { Environment } from "./config.ts";

export interface PolicySource {
  readonly file: string;
  readonly text: string;
}

/** `UDEVNS_POLICY`: a file, or a directory of `*.yaml` read in lexical order, less its `*.test.yaml`. */
export const policyPath = (env: Environment): string => env.UDEVNS_POLICY || "/etc/udevns/policy.yaml";

/**
 * Reads the policy's files: the file and, beside it, `rules.d/*.yaml`; of a directory its `*.yaml`. Tests are no rules.
 * A policy that is not there is an empty one, which gives nothing to anybody.
 * @throws UDEVNS_E_POLICY_FILE when a file is there and cannot be read
 */
export function readPolicySources(path: string): PolicySource[] {
  if (isDirectory(path)) return readDirectory(path);
  const main = existsSync(path) ? [readPolicyFile(path)] : [];
  return [...main, ...readDirectory(join(path, "..", "rules.d"))];
}

/**
 * The same for a path that somebody named: a policy that is not there is a mistake then.
 * @throws UDEVNS_E_POLICY_FILE
 */
export function readNamedPolicy(path: string): PolicySource[] {
  const sources = readPolicySources(path);
  if (sources.length > 0) return sources;
  const detail = isDirectory(path) ? "no policy file in it" : "no such file";
  throw new UdevnsError("UDEVNS_E_POLICY_FILE", { file: path, detail });
}

/**
 * The cases of a policy: `policy.test.yaml` beside `policy.yaml`; of a directory every `*.test.yaml` in it.
 * @throws UDEVNS_E_POLICY_FILE when there are none
 */
export function readPolicyTests(path: string): PolicySource[] {
  if (!isDirectory(path)) return [readPolicyFile(path.replace(/(\.ya?ml)?$/, ".test.yaml"))];
  const sources = readAll(path, (name) => TEST.test(name));
  if (sources.length > 0) return sources;
  throw new UdevnsError("UDEVNS_E_POLICY_FILE", { file: path, detail: "no *.test.yaml in it" });
}

const TEST = /\.test\.ya?ml$/;

function readDirectory(path: string): PolicySource[] {
  return isDirectory(path) ? readAll(path, (name) => /\.ya?ml$/.test(name) && !TEST.test(name)) : [];
}

function readAll(directory: string, wanted: (name: string) => boolean): PolicySource[] {
  const names = readdirSync(directory).filter(wanted);
  return names.sort().map((name) => readPolicyFile(join(directory, name)));
}

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** @throws UDEVNS_E_POLICY_FILE */
export function readPolicyFile(file: string): PolicySource {
  try {
    return { file, text: readFileSync(file, "utf8") };
  } catch (cause) {
    throw new UdevnsError("UDEVNS_E_POLICY_FILE", { file, detail: (cause as Error).message }, { cause });
  }
}
