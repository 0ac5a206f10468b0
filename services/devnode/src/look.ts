import { executeIn, type MountTarget, type NativeError, type StatResult } from "@udevns/native";
import { type ContainerTarget, type NodeSpec, UdevnsError } from "@udevns/protocol";
import { devPath, parents } from "./node-path.ts";

/** What is in the container now, as far as one node is concerned. */
export interface Look {
  readonly dev: Present;
  readonly parents: readonly { readonly path: string; readonly stat: StatResult }[];
  readonly node: StatResult;
  readonly passwd: string;
  readonly group: string;
}
type Present = Extract<StatResult, { exists: true }>;

const MAX_ACCOUNTS_BYTES = 1 << 20;

/** Looks at /dev and at the node's place in one visit. @throws UDEVNS_E_NODE_FS, UDEVNS_E_CONTAINER_GONE */
export async function look(container: ContainerTarget, target: MountTarget, node: NodeSpec): Promise<Look> {
  const path = devPath(node.path);
  const above = parents(path);
  const named = typeof node.owner === "string" || typeof node.group === "string";
  const stats = ["dev", ...above, path].map((at) => ({ op: "stat" as const, path: at }));
  const accounts = ["etc/passwd", "etc/group"].map((at) => ({
    op: "readFile" as const,
    path: at,
    maxBytes: MAX_ACCOUNTS_BYTES,
  }));
  const outcomes = await executeIn(target, stats);
  const [dev, ...rest] = outcomes.map((outcome) => {
    if (outcome.ok) return outcome.result;
    throw "error" in outcome
      ? fileSystemError(container, outcome.error)
      : new Error("skipped without an error before it");
  });
  if (dev === undefined || !dev.exists || dev.kind !== "dir") {
    throw new UdevnsError("UDEVNS_E_NODE_FS", { name: container.name, detail: "it is not a directory" });
  }
  const [passwd = "", group = ""] = named ? await readAccounts(target, accounts) : [];
  return {
    dev,
    parents: above.map((at, index) => ({ path: at, stat: rest[index] as StatResult })),
    node: rest[above.length] as StatResult,
    passwd,
    group,
  };
}

/** An image without accounts files has no names; that is no error. */
async function readAccounts(
  target: MountTarget,
  operations: readonly { op: "readFile"; path: string; maxBytes: number }[],
): Promise<string[]> {
  return await Promise.all(
    operations.map(async (operation) => {
      const [outcome] = await executeIn(target, [operation]);
      return outcome?.ok ? outcome.result.data.toString("utf8") : "";
    }),
  );
}

export function fileSystemError(container: ContainerTarget, error: NativeError): UdevnsError {
  if (error.code === "ESRCH") {
    return new UdevnsError(
      "UDEVNS_E_CONTAINER_GONE",
      { name: container.name, instance: container.instance },
      { cause: error },
    );
  }
  if (error.code === "EXDEV")
    return new UdevnsError("UDEVNS_E_NODE_HOST_DEV", { name: container.name }, { cause: error });
  return new UdevnsError(
    "UDEVNS_E_NODE_FS",
    { name: container.name, detail: `${error.syscall} ${error.target}: ${error.code}` },
    { cause: error },
  );
}
