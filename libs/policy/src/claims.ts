import type { Unit } from "@udevns/devices";
import { type Claim, UdevnsError } from "@udevns/protocol";
import type { UnitDecision } from "./decide.ts";

/** What a person asks for. */
export interface ClaimRequest {
  readonly host: string;
  readonly unit: Pick<Unit, "identity" | "root">;
  readonly container: string;
  readonly share?: boolean;
  readonly who: string;
  readonly why?: string;
  readonly now: Date;
}

/** How things stand: the claim in force and what is decided now. Read both, act, then compare and set the claim at the revision read. */
export interface Standing {
  readonly claim?: Claim | undefined;
  readonly decision?: UnitDecision | undefined;
}

/** `claim: undefined` means that the key is to be deleted. */
export type ClaimOutcome =
  | { readonly ok: true; readonly claim: Claim | undefined; readonly changed: boolean }
  | { readonly ok: false; readonly error: UdevnsError };

/** Claims a unit that nobody else has. Refused with the present owner's name: UDEVNS_E_CLAIM_CONFLICT. */
export function claim(request: ClaimRequest, standing: Standing): ClaimOutcome {
  const { container, share = false } = request;
  const others = ownersOf(standing).filter((name) => name !== container);
  const shared = standing.claim?.share ?? (standing.decision?.kind === "owned" && standing.decision.share);
  if (others.length > 0 && !(share && shared)) return conflict(request, others);
  // Who shares adds to those who share already, also where a rule had given it to them: a claim stands above that rule.
  const containers = share && shared ? [...new Set([...ownersOf(standing), container])] : [container];
  if (standing.claim?.share === share && sameSet(standing.claim.containers, containers)) {
    return { ok: true, claim: standing.claim, changed: false };
  }
  return { ok: true, claim: record(request, containers, share), changed: true };
}

/**
 * Ends a claim; rules decide again. With `container` only that one's part of it. There being no claim is no error: it is so already.
 * Refused where the claim is another's.
 */
export function release(
  request: Pick<ClaimRequest, "unit"> & { container?: string },
  standing: Standing,
): ClaimOutcome {
  const { claim: present } = standing;
  if (present === undefined) return { ok: true, claim: undefined, changed: false };
  const { container } = request;
  if (container === undefined) return { ok: true, claim: undefined, changed: true };
  if (!present.containers.includes(container)) return conflict({ ...request, container }, present.containers);
  const rest = present.containers.filter((name) => name !== container);
  return { ok: true, claim: rest.length === 0 ? undefined : { ...present, containers: rest }, changed: true };
}

/**
 * Takes a unit from whoever has it and gives it to another, as one action: one write of one key.
 * With `from` it is refused if another has it by now.
 */
export function move(request: ClaimRequest & { from?: string }, standing: Standing): ClaimOutcome {
  const owners = ownersOf(standing);
  if (request.from !== undefined && !owners.includes(request.from)) return conflict(request, owners);
  const present = standing.claim;
  if (present !== undefined && !present.share && sameSet(present.containers, [request.container])) {
    return { ok: true, claim: present, changed: false };
  }
  return { ok: true, claim: record(request, [request.container], request.share ?? false), changed: true };
}

/** Names of those who have the unit or wait for it by a claim. */
function ownersOf({ claim: present, decision }: Standing): readonly string[] {
  if (present !== undefined) return present.containers;
  return decision?.kind === "owned" ? decision.owners : [];
}

function conflict(request: { unit: { root: string }; container: string }, owners: readonly string[]): ClaimOutcome {
  const fields = { unit: request.unit.root, owner: owners.join(", ") || "nobody", container: request.container };
  return { ok: false, error: new UdevnsError("UDEVNS_E_CLAIM_CONFLICT", fields) };
}

const record = ({ host, unit, who, why, now }: ClaimRequest, containers: string[], share: boolean): Claim => ({
  v: 1,
  host,
  unit: unit.identity,
  containers,
  share,
  who,
  ...(why !== undefined && { why }),
  when: now.toISOString(),
});

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((item) => b.includes(item));
