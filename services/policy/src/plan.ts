import type { Unit } from "@udevns/devices";
import type { UnitDecision } from "@udevns/policy";
import { type DevnodeWork, type Grant, targetOf } from "@udevns/protocol";
import type { Grants } from "./grants.ts";
import { type Cause, give, take } from "./order.ts";

export interface UnitPlan {
  /** Takes first, children before parents; then gives, parents before children. */
  readonly orders: readonly DevnodeWork[];
  readonly given: readonly Grant[];
  readonly taken: readonly Grant[];
}

/** What leads from what a unit's containers have to what they shall have. */
export function planUnit(host: string, unit: Unit, decision: UnitDecision, grants: Grants, cause: Cause): UnitPlan {
  // Nothing is known yet that would justify taking a device away.
  if (decision.kind === "pending") return { orders: [], given: [], taken: [] };
  const wanted = wantedGrants(host, unit, decision);
  const held = unit.devices.flatMap((device) => grants.of(device.devpath));
  const wantedKeys = new Map(wanted.map((grant) => [keyOf(grant), grant]));
  const taken = held.filter((grant) => !isSameGrant(grant, wantedKeys.get(keyOf(grant)))).reverse();
  const kept = new Set(held.filter((grant) => isSameGrant(grant, wantedKeys.get(keyOf(grant)))).map(keyOf));
  const given = wanted.filter((grant) => !kept.has(keyOf(grant)));
  return {
    orders: [...taken.map((grant) => take(cause, grant)), ...given.map((grant) => give(cause, grant))],
    given,
    taken,
  };
}

function wantedGrants(host: string, unit: Unit, decision: UnitDecision): Grant[] {
  if (decision.kind !== "owned") return [];
  return decision.gives.map(({ container, device, node }) => ({
    v: 1,
    host,
    container: targetOf(container),
    device,
    unit: unit.root,
    by: decision.by,
    share: decision.share,
    ...(node === undefined ? {} : { node }),
  }));
}

const keyOf = (grant: Grant): string => `${grant.container.instance}\0${grant.device.devpath}`;

/** A grant with another node (new devnum, path, mode) is another grant: the container hears `remove` and `add`. */
const isSameGrant = (held: Grant, wanted: Grant | undefined): boolean =>
  wanted !== undefined &&
  held.container.instance === wanted.container.instance &&
  JSON.stringify(held.node) === JSON.stringify(wanted.node);
