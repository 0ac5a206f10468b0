import type { Diagnostic } from "./diagnostic.ts";
import type { PolicySource } from "./document.ts";
import { parsePolicy } from "./policy.ts";

export interface PolicyCheck {
  /** True where the policy can come into force; there may be warnings. */
  readonly ok: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly rules: number;
  /** Of a policy that is ok. */
  readonly hash?: string;
}

/** Looks over policy files without using them. */
export function checkPolicy(sources: readonly PolicySource[]): PolicyCheck {
  const parsed = parsePolicy(sources);
  if ("errors" in parsed) return { ok: false, diagnostics: [...parsed.errors, ...parsed.warnings], rules: 0 };
  const { hash, rules } = parsed.policy;
  return { ok: true, diagnostics: parsed.warnings, rules: rules.length, hash };
}
