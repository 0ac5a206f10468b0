import { canonical } from "./canonical.ts";
import type { UnitDecision } from "./decide.ts";
import type { DeviceGift } from "./gives.ts";

/** What becomes of one unit. `before` or `after` is not there for a unit that was not, or is no more. */
export interface DecisionDifference {
  readonly unit: string;
  readonly before?: UnitDecision;
  readonly after?: UnitDecision;
  /** Children first, as they are taken away. */
  readonly taken: readonly DeviceGift[];
  /** Parents first, as they are given. */
  readonly given: readonly DeviceGift[];
  /** Had before and after, but the node is another: as they will be. */
  readonly remade: readonly DeviceGift[];
}

/** Compares decisions by unit root: what a new policy would change on the running system. Units that stay as they are do not appear. */
export function diffDecisions(
  before: Iterable<readonly [string, UnitDecision]>,
  after: Iterable<readonly [string, UnitDecision]>,
): DecisionDifference[] {
  const old = new Map(before);
  const now = new Map(after);
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((unit) => {
    const was = old.get(unit);
    const is = now.get(unit);
    const gifts = { ...diffGifts(giftsOf(was), giftsOf(is)) };
    const moved = gifts.taken.length + gifts.given.length + gifts.remade.length > 0;
    if (!moved && summary(was) === summary(is)) return [];
    return [{ unit, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }), ...gifts }];
  });
}

const giftsOf = (decision: UnitDecision | undefined): readonly DeviceGift[] =>
  decision?.kind === "owned" ? decision.gives : [];

/** The same device for the same life of the same container. */
const keyOf = ({ container, device }: DeviceGift): string =>
  `${container.instance}\n${container.name}\n${device.devpath}`;

function diffGifts(
  before: readonly DeviceGift[],
  after: readonly DeviceGift[],
): Pick<DecisionDifference, "taken" | "given" | "remade"> {
  const old = new Map(before.map((gift) => [keyOf(gift), gift]));
  const now = new Map(after.map((gift) => [keyOf(gift), gift]));
  return {
    taken: before.filter((gift) => !now.has(keyOf(gift))).reverse(),
    given: after.filter((gift) => !old.has(keyOf(gift))),
    remade: after.filter((gift) => {
      const was = old.get(keyOf(gift));
      return was !== undefined && canonical(was.node) !== canonical(gift.node);
    }),
  };
}

/** All of a decision but the devices. */
function summary(decision: UnitDecision | undefined): string {
  if (decision?.kind !== "owned") return canonical(decision ?? null);
  const { kind, by, share, owners } = decision;
  return canonical({ kind, by, share, owners });
}
