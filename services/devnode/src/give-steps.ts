import type { Operation } from "@udevns/native";
import type { NodeSpec } from "@udevns/protocol";
import type { RecordStep } from "./audience/record.ts";
import { parents } from "./node-path.ts";
import type { GivePlan } from "./plan-give.ts";

/** A step in the container, and what it makes there. */
export type GiveStep =
  | { readonly makes: "nothing"; readonly operation: Operation<"expect"> }
  | { readonly makes: "directory"; readonly operation: Operation<"mkdir"> }
  | { readonly makes: "node"; readonly operation: Operation<"mknod" | "bind"> }
  | { readonly makes: "link"; readonly operation: Operation<"symlink"> }
  | { readonly makes: "record"; readonly operation: RecordStep };

export interface GiveStepFacts {
  /** What the plan goes by, where it was not looked at in this order. */
  readonly expected: readonly Operation<"expect">[];
  readonly plan: GivePlan;
  readonly spec: NodeSpec;
  /** Host ids of the node's owner and group. */
  readonly ids: { readonly uid: number; readonly gid: number };
  /** Host ids of the container's root. */
  readonly root: { readonly uid: number; readonly gid: number };
  /** Where the host's node comes, if it is to be bound. */
  readonly host: { readonly directoryFd: number; readonly source: string } | undefined;
  readonly record: readonly RecordStep[];
}

/**
 * All that makes a node, in one visit to the container. Links are a convenience: one that cannot be made does not keep the device
 * from its owner. The record comes last, so that whoever finds it finds the node too.
 */
export function giveSteps({ expected, plan, spec, ids, root, host, record }: GiveStepFacts): GiveStep[] {
  const directory = (operation: Operation<"mkdir">): GiveStep => ({
    makes: "directory",
    operation: { ...operation, ...root },
  });
  const linkParents = plan.links.flatMap(({ path }) =>
    parents(path).map((at) => directory({ op: "mkdir", path: at, mode: 0o755, ...root, mayFail: true })),
  );
  return [
    ...expected.map((operation): GiveStep => ({ makes: "nothing", operation })),
    ...plan.directories.map(directory),
    ...nodeSteps(plan, spec, ids, host),
    ...linkParents,
    ...plan.links.map(
      ({ path, to }): GiveStep => ({
        makes: "link",
        operation: { op: "symlink", path, to, uid: root.uid, gid: root.gid, mayFail: true },
      }),
    ),
    ...record.map((operation): GiveStep => ({ makes: "record", operation })),
  ];
}

function nodeSteps(
  { node, path }: GivePlan,
  { devnum: { type, major, minor }, mode }: NodeSpec,
  ids: GiveStepFacts["ids"],
  host: GiveStepFacts["host"],
): GiveStep[] {
  const device = { path, type, major, minor, mode, ...ids };
  switch (node) {
    case "found":
      return [];
    case "mknod":
      return [{ makes: "node", operation: { op: "mknod", ...device } }];
    case "bind":
      if (host === undefined) throw new Error("a node to bind needs a place on the host");
      return [{ makes: "node", operation: { op: "bind", ...device, ...host } }];
    default:
      return node satisfies never;
  }
}
