import { Bucket, say } from "@udevns/bus";
import { type ClaimOutcome, type ClaimRequest, claim, decide, move, release, type Standing } from "@udevns/policy";
import { bucketNames, Claim, type ClaimRecord, decode, subjects, token, UdevnsError } from "@udevns/protocol";
import type { CommandContext } from "../command.ts";
import { findUnit } from "../find-unit.ts";
import { inputFor, readWorld, type World, whoAmI } from "../world.ts";

type Action = ClaimRecord["action"];
export interface ClaimOptions {
  readonly share?: boolean;
  readonly why?: string;
  readonly from?: string;
  /** The container may come later. */
  readonly wait?: boolean;
}

/** Somebody else may write at the same time; then what stands now is read again. */
const ATTEMPTS = 5;

/**
 * `udevns claim|release|move UNIT [CONTAINER]`: one compare-and-set of the unit's claim.
 * @throws UDEVNS_E_CONTAINER_UNKNOWN, UDEVNS_E_CLAIM_CONFLICT; UDEVNS_E_CLAIM_RACE when others changed it at every attempt
 */
export async function changeClaim(
  context: CommandContext,
  action: Action,
  device: string,
  container: string | undefined,
  options: ClaimOptions,
): Promise<number> {
  const { bus, host, out } = context;
  const bucket = new Bucket(bus, bucketNames.claims);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const world = await readWorld(bus, host);
    const unit = findUnit(world.db, host, device);
    const key = `${token(host)}.${token(unit.identity)}`;
    const entry = await bucket.get(key);
    const standing: Standing = {
      claim: entry === undefined ? undefined : decode(Claim, entry.value, key),
      decision: decide(inputFor(world, unit)),
    };
    const request = { host, unit, container: container ?? "", who: whoAmI(), now: new Date(), ...options };
    const stranger = action === "release" || options.wait ? undefined : unknownContainer(world, request.container);
    const outcome = stranger ?? decideClaim(action, request, standing, container);
    if (outcome.ok && outcome.changed && !(await write(bucket, key, outcome.claim, entry?.revision ?? 0))) continue;
    const record = describe(action, request, container, outcome);
    say(bus, subjects.audit(host, "claim"), record);
    if (!outcome.ok) throw outcome.error;
    out.print({ ok: true, ...record, claim: outcome.claim }, () => record.text);
    return 0;
  }
  throw new UdevnsError("UDEVNS_E_CLAIM_RACE", { unit: device, attempts: ATTEMPTS });
}

/** A misspelt name would take the device from its owner and give it to nobody. */
function unknownContainer({ containers, host }: World, name: string): ClaimOutcome | undefined {
  if (containers.some((container) => container.name === name)) return undefined;
  return { ok: false, error: new UdevnsError("UDEVNS_E_CONTAINER_UNKNOWN", { name, host }) };
}

function decideClaim(
  action: Action,
  request: ClaimRequest & { from?: string },
  standing: Standing,
  container: string | undefined,
): ClaimOutcome {
  switch (action) {
    case "claim":
      return claim(request, standing);
    case "move":
      return move(request, standing);
    case "release":
      return release({ unit: request.unit, ...(container === undefined ? {} : { container }) }, standing);
    default:
      return action satisfies never;
  }
}

async function write(bucket: Bucket, key: string, value: Claim | undefined, revision: number): Promise<boolean> {
  if (value === undefined) return await bucket.remove(key, revision);
  return (await bucket.replace(key, JSON.stringify(value), revision)) !== undefined;
}

function describe(
  action: Action,
  request: ClaimRequest,
  container: string | undefined,
  outcome: ClaimOutcome,
): ClaimRecord {
  const { unit, who, why, host, now } = request;
  const name = unit.root.slice(unit.root.lastIndexOf("/") + 1);
  const what = {
    claim: `${name} is claimed for ${container}`,
    move: `${name} is moved to ${container}`,
    release: `${name} is released`,
  }[action];
  return {
    v: 1,
    host,
    at: now.toISOString(),
    action,
    unit: unit.root,
    identity: unit.identity,
    ...(container === undefined ? {} : { container }),
    who,
    ...(why === undefined ? {} : { why }),
    outcome: !outcome.ok ? "refused" : outcome.changed ? "done" : "already",
    text: outcome.ok
      ? `${what} by ${who}${outcome.changed ? "" : "; it was so before"}`
      : `${outcome.error.message}: refused to ${who}`,
  };
}
