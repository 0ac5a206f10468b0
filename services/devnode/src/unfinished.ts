import { executeIn, type MountTarget, type Operation, type OperationOutcome, type StatResult } from "@udevns/native";
import type { ContainerTarget } from "@udevns/protocol";
import { besideHostUdev } from "./audience/record.ts";
import type { HeldContainer } from "./containers.ts";
import type { HostNodes } from "./host-nodes.ts";
import { fileSystemError } from "./look.ts";
import { type Ours, type PathTrace, removalOf, type Seen, type Trace } from "./traces.ts";

/** A mount, and the file below it. */
const MOST_LAYERS = 2;

/**
 * Removes what an attempt left that was cut off, or that nobody knows the end of. The inodes are not known then, so it goes by what it
 * is, and only in directories where we would make it; whoever has put the very same there has lost nothing but that.
 */
export async function removeTraces(
  container: ContainerTarget,
  held: HeldContainer,
  hostNodes: Pick<HostNodes, "device">,
  traces: readonly Trace[],
): Promise<void> {
  const paths = traces.filter((trace): trace is PathTrace => trace.kind !== "interface").reverse();
  const target = besideHostUdev(held);
  const ours = { nodesDev: hostNodes.device, root: { uid: target.rootUid, gid: target.rootGid } };
  const isNode = ({ kind }: PathTrace) => kind === "node" || kind === "bind";
  // The node by itself and first: what hangs may hang where a link is.
  await removeLayers(container, target, ours, paths.filter(isNode));
  await removeLayers(
    container,
    target,
    ours,
    paths.filter((trace) => !isNode(trace)),
  );
}

async function removeLayers(
  container: ContainerTarget,
  target: MountTarget,
  ours: Ours,
  traces: readonly PathTrace[],
): Promise<void> {
  for (let layer = 0; layer < MOST_LAYERS && traces.length > 0; layer += 1) {
    const seen = await executeIn(target, traces.flatMap(looks));
    const steps = traces.flatMap((trace, index) => {
      const removal = removalOf(trace, seenIn(seen, index), ours);
      return removal === undefined ? [] : [{ ...removal, mayFail: true }];
    });
    if (steps.length === 0) return;
    const outcomes = await executeIn(target, steps);
    const failed = outcomes.find(
      (outcome) => !outcome.ok && "error" in outcome && !NOT_OURS.includes(outcome.error.code),
    );
    if (failed !== undefined && "error" in failed) throw fileSystemError(container, failed.error);
    if (!outcomes.some((outcome) => outcome.ok && "found" in outcome.result && outcome.result.found === "ours")) return;
  }
}

/** Gone; a directory of the host's; one in which the container's root could make nothing. */
const NOT_OURS: readonly string[] = ["ENOENT", "EXDEV", "EACCES"];

/** Two looks for each; what cannot be reached is not there. */
const looks = ({ path }: PathTrace): Operation[] => [
  { op: "stat", path, mayFail: true },
  { op: "readlink", path, mayFail: true },
];

function seenIn(outcomes: readonly OperationOutcome[], index: number): Seen {
  const [stat, link] = [outcomes[2 * index], outcomes[2 * index + 1]];
  return {
    stat: stat?.ok ? (stat.result as StatResult) : { exists: false },
    to: link?.ok && "to" in link.result ? link.result.to : "",
  };
}
