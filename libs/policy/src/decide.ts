import type { DeviceDatabase, Unit } from "@udevns/devices";
import type { Authority, Claim, ContainerRecord, DeviceRecord } from "@udevns/protocol";
import { type CompiledGive, type Handling, plainHandling } from "./compile-give.ts";
import { unitMatches } from "./compile-match.ts";
import { type Circumstances, type UnitFacts, unitFacts } from "./facts.ts";
import { type DeviceGift, parcel, type Refusal } from "./gives.ts";
import type { CompiledPolicy } from "./policy.ts";
import type { CompiledRule } from "./rule.ts";
import { candidates } from "./rule-index.ts";
import type { Tri } from "./tri.ts";

export interface DecisionInput extends Circumstances {
  readonly policy: CompiledPolicy;
  readonly db: DeviceDatabase;
  readonly unit: Unit;
  readonly containers: Iterable<ContainerRecord>;
  readonly claims: Iterable<Claim>;
}

/** Who owns a unit, and what each owner gets. */
export type UnitDecision =
  | {
      readonly kind: "owned";
      readonly by: Authority;
      readonly share: boolean;
      /** Names of the containers, sorted. */
      readonly owners: readonly string[];
      /** Parents first. What the rule leaves out is not there; devices without a node are, for their events. */
      readonly gives: readonly DeviceGift[];
      readonly refused: readonly Refusal[];
      /** Left out until the host's udev has spoken of them. */
      readonly withheld: readonly DeviceRecord[];
    }
  /** No rule matches (implicit deny), or the rule that does leaves the unit to the host while its container is absent. */
  | { readonly kind: "unowned"; readonly rule?: string }
  | { readonly kind: "denied"; readonly rule: string }
  /** It is for a container that does not run here. */
  | { readonly kind: "waiting"; readonly by: Authority; readonly container: string }
  /** An earlier rule asks for what the host's udev has not said yet. */
  | { readonly kind: "pending"; readonly rule: string; readonly needs: "udev" }
  /** It is for one container, and several match: none gets it. */
  | { readonly kind: "conflict"; readonly by: Authority; readonly containers: readonly string[] };

/** Watches a decision being made: `explain` is `decide` with one of these. */
export interface Observer {
  readonly start: (facts: UnitFacts) => void;
  readonly asked: (rule: CompiledRule, matched: Tri) => void;
  readonly fault: UnitFacts["fault"];
}

/**
 * Decides over one unit: claims first, then the first rule that matches. Depends on the present state alone, never on the order
 * in which it came to be.
 */
export function decide(input: DecisionInput, observer?: Observer): UnitDecision {
  const facts = unitFacts(input.unit, input.db, input, observer?.fault);
  observer?.start(facts);
  const claim = claimOn(input);
  if (claim !== undefined) return byClaim(claim, input, facts, observer);
  for (const rule of asked(input, facts, observer)) {
    const matched = unitMatches(rule.match, facts);
    observer?.asked(rule, matched);
    if (matched === "no") continue;
    if (matched === "unknown") return { kind: "pending", rule: rule.name, needs: "udev" };
    if (rule.outcome.kind === "deny") return { kind: "denied", rule: rule.name };
    const decision = byRule(rule.name, rule.outcome.give, input, facts);
    if (decision !== "next") return decision;
  }
  return { kind: "unowned" };
}

/** The claim on a unit, if there is one. */
export function claimOn({ claims, host, unit }: DecisionInput): Claim | undefined {
  for (const claim of claims) if (claim.host === host && claim.unit === unit.identity) return claim;
  return undefined;
}

/** All rules for an observer; else those that the index does not rule out, which is why they are many times fewer. */
function asked({ policy }: DecisionInput, facts: UnitFacts, observer?: Observer): readonly CompiledRule[] {
  return observer === undefined ? candidates(policy.index, facts).map((number) => policy.rules[number]!) : policy.rules;
}

/** A claim says who; how it is given is still what the first rule that gives such a unit says. */
function byClaim(claim: Claim, input: DecisionInput, facts: UnitFacts, observer?: Observer): UnitDecision {
  const by: Authority = { kind: "claim", who: claim.who, ...(claim.why !== undefined && { why: claim.why }) };
  const owners = running(input, ({ name }) => claim.containers.includes(name));
  let handling: Handling = plainHandling;
  for (const rule of asked(input, facts, observer)) {
    if (rule.outcome.kind !== "give" || unitMatches(rule.match, facts) !== "yes") continue;
    handling = rule.outcome.give.handling;
    break;
  }
  return (
    assign(facts, owners, by, claim.share, handling) ?? { kind: "waiting", by, container: claim.containers.join(", ") }
  );
}

function byRule(rule: string, give: CompiledGive, input: DecisionInput, facts: UnitFacts): UnitDecision | "next" {
  const by: Authority = { kind: "rule", rule };
  let takes = give.takes;
  if (give.ownerOfPort) {
    const owners = ownersOfPort(input);
    if (owners === "pending") return { kind: "pending", rule, needs: "udev" };
    takes = (container) => owners.includes(container.name) && give.takes(container);
  }
  const decision = assign(facts, running(input, takes), by, give.share, give.handling);
  if (decision !== undefined) return decision;
  switch (give.absent) {
    case "wait":
      return { kind: "waiting", by, container: give.text };
    case "host":
      return { kind: "unowned", rule };
    case "deny":
      return { kind: "denied", rule };
    case "next":
      return "next";
  }
}

/** Owners of the nearest hub above that has any. Ends, as each step goes up. */
function ownersOfPort(input: DecisionInput): readonly string[] | "pending" {
  for (const above of input.db.ancestors(input.unit.root)) {
    if (above.devtype !== "usb_device") continue;
    const unit = input.db.unitOf(above.devpath);
    if (unit === undefined) continue;
    const decision = decide({ ...input, unit });
    if (decision.kind === "owned") return decision.owners;
    if (decision.kind === "pending") return "pending";
  }
  return [];
}

const running = (
  { containers, host }: DecisionInput,
  takes: (container: ContainerRecord) => boolean,
): ContainerRecord[] =>
  [...containers]
    .filter((container) => container.host === host && takes(container))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

function assign(
  facts: UnitFacts,
  owners: readonly ContainerRecord[],
  by: Authority,
  share: boolean,
  handling: Handling,
): UnitDecision | undefined {
  const names = owners.map(({ name }) => name);
  if (names.length === 0) return undefined;
  if (names.length > 1 && !share) return { kind: "conflict", by, containers: names };
  return { kind: "owned", by, share, owners: names, ...parcel(facts, owners, handling) };
}
