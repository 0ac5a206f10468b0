import { executeIn, mapToHost, type OperationOutcome } from "@udevns/native";
import type { NodeSpec, UdevnsError } from "@udevns/protocol";
import { besideHostUdev, type RecordFiles, type RecordStep, recordFiles } from "./audience/record.ts";
import type { HeldContainer } from "./containers.ts";
import type { Devnode } from "./devnode.ts";
import { type GiveStep, giveSteps } from "./give-steps.ts";
import { hostDev } from "./host-directories.ts";
import { fileSystemError, type Look, look, type Mark } from "./look.ts";
import { inodeOf, type Made, type MadeNode } from "./made.ts";
import { type GivePlan, planGive } from "./plan-give.ts";
import { resolvePrincipal } from "./principals.ts";
import { type PathTrace, tracesOf } from "./traces.ts";

type Tried = GiveStep & { readonly outcome: OperationOutcome };

/** What one visit made, and what ended it. */
export interface Visited {
  readonly parts: Pick<Made, "node" | "links"> & { readonly files: RecordFiles };
  readonly failure?: UdevnsError;
}

/** What to make, and in what. */
export interface NodeWork {
  readonly begun: Made;
  readonly spec: NodeSpec;
  readonly held: HeldContainer;
  readonly record: readonly RecordStep[];
  /** Called with what the steps may leave behind if nobody hears their end, before the first of them. */
  readonly beforeSteps: (traces: readonly PathTrace[]) => Promise<void>;
  /** Called where they came to their end and made nothing. */
  readonly nothingMade: () => void;
}

/**
 * Makes the node, the directories above it and the links to it, and with it the record. Mostly all is as it was the last time: then
 * this is one visit, which looks only whether it is. Else it is two, one to look and one to make.
 */
export async function makeNode(devnode: Devnode, work: NodeWork): Promise<Visited> {
  const { begun, spec, held } = work;
  const { container } = begun.order;
  const known = devnode.looks.recall(container.instance, spec);
  if (known !== undefined) {
    // Nothing was made where it failed: the node is the first thing that is.
    const visited = await makeAsSeen(devnode, work, known, known.marks);
    if (visited.failure === undefined) return visited;
    work.nothingMade();
  }
  const seen = await look(container, held.target, spec);
  const visited = await makeAsSeen(devnode, work, seen, []);
  // What is refused, or fails, must be looked at anew the next time: the container may have mended it.
  if (visited.failure === undefined) devnode.looks.remember(container.instance, spec, seen);
  return visited;
}

async function makeAsSeen(
  devnode: Devnode,
  { begun, spec, held, record, beforeSteps }: NodeWork,
  seen: Look,
  expected: readonly Mark[],
): Promise<Visited> {
  const { container, device } = begun.order;
  const { userNamespaced, name: containerName } = container;
  const plan = planGive(spec, { containerName, userNamespaced, hostDev: hostDev(), look: seen });
  const host = plan.node === "bind" ? devnode.hostNodes.vacate(container.instance, device.devpath) : undefined;
  const ids = idsOf(spec, seen, held, container.root);
  const steps = giveSteps({ expected, plan, spec, ids, root: container.root, host, record });
  await beforeSteps(tracesOf(steps));
  const tried = await visit(held, steps);
  noteDirectories(devnode, container.instance, tried);
  const node = nodeMade(plan, tried, host?.source);
  const written = tried.filter(({ makes }) => makes === "record").map(({ outcome }) => outcome);
  const failed = tried.find(({ makes, operation, outcome }) => makes !== "record" && !operation.mayFail && !outcome.ok);
  return {
    parts: {
      ...(node === undefined ? {} : { node }),
      links: linksMade(tried, begun.links),
      files: recordFiles(record, written),
    },
    ...(failed !== undefined && "error" in failed.outcome
      ? { failure: fileSystemError(container, failed.outcome.error) }
      : {}),
  };
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

function nodeMade({ node: how, path }: GivePlan, tried: readonly Tried[], source = ""): MadeNode | undefined {
  if (how === "found") return { kind: "found", path };
  const outcome = tried.find(({ makes }) => makes === "node")?.outcome;
  if (!outcome?.ok || !("dev" in outcome.result)) return undefined;
  const { result } = outcome;
  const node = inodeOf(result);
  if (!("mountPointDev" in result)) return { kind: "mknod", path, node };
  const mountPoint = inodeOf({ dev: result.mountPointDev, ino: result.mountPointIno });
  return { kind: "bind", path, node, mountPoint, source };
}

/** A link that was there already is the container's own, unless it is known to be ours. */
const linksMade = (tried: readonly Tried[], known: Made["links"]): Made["links"] =>
  tried.flatMap(({ makes, operation, outcome }) => {
    if (makes !== "link" || !outcome.ok || !("created" in outcome.result)) return [];
    const link = { path: operation.path, inode: inodeOf(outcome.result) };
    return outcome.result.created || known.some((other) => isSameLink(other, link)) ? [link] : [];
  });

const isSameLink = (a: Made["links"][number], b: Made["links"][number]): boolean =>
  a.path === b.path && a.inode.dev === b.inode.dev && a.inode.ino === b.inode.ino;
