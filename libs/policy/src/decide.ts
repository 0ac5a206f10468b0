import type { DeviceDatabase, Unit } from "@udevns/devices";
import type { Authority, Claim, ContainerRecord } from "@udevns/protocol";
import type { NodeSettings } from "./compile-give.ts";
import { unitMatches } from "./compile-match.ts";
import { unitFacts } from "./facts.ts";
import { type DeviceGift, nodeFor, type Refusal } from "./gives.ts";
import type { CompiledPolicy } from "./policy.ts";

export interface DecisionInput {
  readonly policy: CompiledPolicy;
  readonly db: DeviceDatabase;
  readonly unit: Unit;
  readonly containers: Iterable<ContainerRecord>;
  readonly claims: Iterable<Claim>;
  readonly host: string;
  readonly now: Date;
  /** True where a udevd runs on the host. */
  readonly hostUdev: boolean;
}

/** Who owns a unit, and what each owner gets. */
export type UnitDecision =
  | {
      readonly kind: "owned";
      readonly by: Authority;
      readonly share: boolean;
      /** Names of the containers. */
      readonly owners: readonly string[];
      /** Parents first. */
      readonly gives: readonly DeviceGift[];
      readonly refused: readonly Refusal[];
    }
  /** No rule matches: implicit deny. */
  | { readonly kind: "unowned" }
  | { readonly kind: "denied"; readonly rule: string }
  /** It is for a container that does not run here. */
  | { readonly kind: "waiting"; readonly by: Authority; readonly container: string }
  /** An earlier rule asks for what the host's udev has not said yet. */
  | { readonly kind: "pending"; readonly rule: string; readonly needs: "udev" }
  /** It is for one container, and several match: none gets it. */
  | { readonly kind: "conflict"; readonly by: Authority; readonly containers: readonly string[] };

/** Decides over one unit. Depends on the present state alone. */
export function decide(input: DecisionInput): UnitDecision {
  const { policy, db, unit, host, now, hostUdev } = input;
  const containers = [...input.containers].filter((c) => c.host === host).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const claim of input.claims) {
    if (claim.host !== host || claim.unit !== unit.identity) continue;
    const by: Authority = { kind: "claim", who: claim.who, ...(claim.why !== undefined && { why: claim.why }) };
    return assign(
      unit,
      containers.filter(({ name }) => claim.containers.includes(name)),
      by,
      claim.share,
      claim.containers.join(", "),
      {},
    );
  }
  const facts = unitFacts(unit, db, { host, now, hostUdev });
  for (const { name, match, outcome } of policy.rules) {
    const matched = unitMatches(match, facts);
    if (matched === "no") continue;
    if (matched === "unknown") return { kind: "pending", rule: name, needs: "udev" };
    if (outcome.kind === "deny") return { kind: "denied", rule: name };
    const { give } = outcome;
    return assign(unit, containers.filter(give.takes), { kind: "rule", rule: name }, give.share, give.text, give.node);
  }
  return { kind: "unowned" };
}

function assign(
  unit: Unit,
  owners: readonly ContainerRecord[],
  by: Authority,
  share: boolean,
  wanted: string,
  settings: NodeSettings,
): UnitDecision {
  if (owners.length === 0) return { kind: "waiting", by, container: wanted };
  if (!share && owners.length > 1) return { kind: "conflict", by, containers: owners.map(({ name }) => name) };
  const gives: DeviceGift[] = [];
  const refused: Refusal[] = [];
  for (const device of unit.devices) {
    const node = nodeFor(device, settings);
    if (node !== undefined && "code" in node) refused.push(node);
    else for (const container of owners) gives.push({ container, device, ...(node !== undefined && { node }) });
  }
  return { kind: "owned", by, share, owners: owners.map(({ name }) => name), gives, refused };
}
