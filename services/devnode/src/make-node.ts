import { executeIn, mapToHost, type OperationOutcome, type StatResult } from "@udevns/native";
import type { NodeSpec, WorkOf } from "@udevns/protocol";
import { besideHostUdev, type RecordFiles, type RecordStep, recordFiles } from "./audience/record.ts";
import type { HeldContainer } from "./containers.ts";
import type { Devnode } from "./devnode.ts";
import { type GiveStep, giveSteps } from "./give-steps.ts";
import { hostDev } from "./host-directories.ts";
import { fileSystemError, type Look, look } from "./look.ts";
import { inodeOf, type Made, type MadeNode } from "./made.ts";
import { devPath } from "./node-path.ts";
import { type GivePlan, planGive } from "./plan-give.ts";
import { resolvePrincipal } from "./principals.ts";
import { clearUnfinishedBind } from "./unfinished.ts";

type Tried = GiveStep & { readonly outcome: OperationOutcome };

/**
 * Makes the node of an order, the directories above it and the links to it, and with it the record: two visits to the container,
 * as each costs about as much as all that is done in it.
 */
export async function makeNode(
  devnode: Devnode,
  order: WorkOf<"give">,
  spec: NodeSpec,
  held: HeldContainer,
  begun: boolean,
  record: readonly RecordStep[],
): Promise<Pick<Made, "node" | "links"> & { files: RecordFiles }> {
  const { container, device } = order;
  if (begun) await clearUnfinishedBind(held, devnode.hostNodes, devPath(spec.path));
  const seen = await look(container, held.target, spec);
  const { userNamespaced, name: containerName } = container;
  const plan = planGive(spec, { containerName, userNamespaced, hostDev: hostDev(), look: seen, begun });
  const host = plan.node === "bind" ? devnode.hostNodes.vacate(container.instance, device.devpath) : undefined;
  const steps = giveSteps({
    plan,
    spec,
    ids: idsOf(spec, seen, held, container.root),
    root: container.root,
    host,
    record,
  });
  try {
    const tried = await visit(held, steps);
    noteDirectories(devnode, container.instance, tried);
    const failed = tried.find(
      ({ makes, operation, outcome }) => makes !== "record" && !operation.mayFail && !outcome.ok,
    );
    if (failed !== undefined && "error" in failed.outcome) throw fileSystemError(container, failed.outcome.error);
    const written = tried.filter(({ makes }) => makes === "record").map(({ outcome }) => outcome);
    const node = nodeMade(plan, seen.node, tried, host?.source);
    return { node, links: linksMade(tried, begun), files: recordFiles(record, written) };
  } catch (error) {
    if (host !== undefined) devnode.hostNodes.remove(host.source);
    throw error;
  }
}

/** An id that the container does not map would belong to nobody in there; its root gets the node instead. */
function idsOf(
  { owner, group }: NodeSpec,
  { passwd, group: groups }: Look,
  { process }: HeldContainer,
  root: { readonly uid: number; readonly gid: number },
): { uid: number; gid: number } {
  return {
    uid: mapToHost(process.uidMap, resolvePrincipal(owner, passwd)) ?? root.uid,
    gid: mapToHost(process.gidMap, resolvePrincipal(group, groups)) ?? root.gid,
  };
}

async function visit(held: HeldContainer, steps: readonly GiveStep[]): Promise<Tried[]> {
  const outcomes =
    steps.length === 0
      ? []
      : await executeIn(
          besideHostUdev(held),
          steps.map(({ operation }) => operation),
        );
  return steps.map((step, index) => ({ ...step, outcome: outcomes[index] as OperationOutcome }));
}

function noteDirectories({ registry }: Devnode, instance: string, tried: readonly Tried[]): void {
  for (const { makes, operation, outcome } of tried) {
    if (makes !== "directory" || !outcome.ok || !("created" in outcome.result) || !outcome.result.created) continue;
    registry.record({ directory: { instance, path: operation.path, inode: inodeOf(outcome.result) } });
  }
}

function nodeMade({ node: how, path }: GivePlan, present: StatResult, tried: readonly Tried[], source = ""): MadeNode {
  if (how === "found") return { kind: "found", path };
  if (how === "adopt" && present.exists) return { kind: "mknod", path, node: inodeOf(present) };
  const outcome = tried.find(({ makes }) => makes === "node")?.outcome;
  if (!outcome?.ok || !("dev" in outcome.result)) throw new Error(`the node at ${path} had no outcome`);
  const { result } = outcome;
  const node = inodeOf(result);
  if (!("mountPointDev" in result)) return { kind: "mknod", path, node };
  const mountPoint = inodeOf({ dev: result.mountPointDev, ino: result.mountPointIno });
  return { kind: "bind", path, node, mountPoint, source };
}

/** A link that was there already is the container's own, unless an earlier attempt of ours may have made it. */
const linksMade = (tried: readonly Tried[], begun: boolean): Made["links"] =>
  tried.flatMap(({ makes, operation, outcome }) =>
    makes === "link" && outcome.ok && "created" in outcome.result && (outcome.result.created || begun)
      ? [{ path: operation.path, inode: inodeOf(outcome.result) }]
      : [],
  );
