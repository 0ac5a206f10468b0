import {
  executeIn,
  type MountTarget,
  NativeError,
  type Operation,
  type OperationOutcome,
  type StatResult,
} from "@udevns/native";
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

/** Looks at /dev, the node's place and the accounts, in one visit. @throws UDEVNS_E_NODE_FS, UDEVNS_E_CONTAINER_GONE */
export async function look(container: ContainerTarget, target: MountTarget, node: NodeSpec): Promise<Look> {
  const path = devPath(node.path);
  const above = parents(path);
  const named = typeof node.owner === "string" || typeof node.group === "string";
  const accounts = (named ? ["etc/passwd", "etc/group"] : []).map(
    // An image without accounts files has no names; that is no error.
    (at): Operation => ({ op: "readFile", path: at, maxBytes: MAX_ACCOUNTS_BYTES, mayFail: true }),
  );
  const places = ["dev", ...above, path];
  const stats = places.map((at): Operation => ({ op: "stat", path: at }));
  const outcomes = await executeIn(target, [...stats, ...accounts]);
  const [dev, ...rest] = outcomes.slice(0, places.length).map((outcome) => {
    if (outcome.ok) return outcome.result as StatResult;
    throw "error" in outcome
      ? fileSystemError(container, outcome.error)
      : new Error("skipped without an error before it");
  });
  if (dev === undefined || !dev.exists || dev.kind !== "dir") {
    throw new UdevnsError("UDEVNS_E_NODE_FS", { name: container.name, detail: "it is not a directory" });
  }
  const [passwd = "", group = ""] = outcomes.slice(places.length).map(textOf);
  return {
    dev,
    parents: above.map((at, index) => ({ path: at, stat: rest[index] as StatResult })),
    node: rest[above.length] as StatResult,
    passwd,
    group,
  };
}

const textOf = (outcome: OperationOutcome): string =>
  outcome.ok && "data" in outcome.result ? outcome.result.data.toString("utf8") : "";

/** What a visit that came to nothing says of its container; any other error as it is. */
export const visitError = (container: ContainerTarget, error: unknown): unknown =>
  error instanceof NativeError ? fileSystemError(container, error) : error;

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
