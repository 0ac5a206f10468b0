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
  /** What to expect where all of this but the node is as it was; undefined where that cannot be told. */
  readonly marks: readonly Mark[] | undefined;
}
export type Mark = Operation<"expect">;
type Present = Extract<StatResult, { exists: true }>;

const ACCOUNTS = ["etc/passwd", "etc/group"];
const MAX_ACCOUNTS_BYTES = 1 << 20;

/** Looks at /dev, the node's place and the accounts, in one visit. @throws UDEVNS_E_NODE_FS, UDEVNS_E_CONTAINER_GONE */
export async function look(container: ContainerTarget, target: MountTarget, node: NodeSpec): Promise<Look> {
  const path = devPath(node.path);
  const above = parents(path);
  const named = typeof node.owner === "string" || typeof node.group === "string";
  // An image without accounts files has no names; that is no error. Looked at before they are read: what changes in between is seen then.
  const accounts = (named ? ACCOUNTS : []).flatMap((at): Operation[] => [
    { op: "stat", path: at, mayFail: true },
    { op: "readFile", path: at, maxBytes: MAX_ACCOUNTS_BYTES, mayFail: true },
  ]);
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
  const [passwdStat, passwd, groupStat, group] = outcomes.slice(places.length);
  const files = named ? [passwdStat, groupStat].map(statOf) : [];
  return {
    dev,
    parents: above.map((at, index) => ({ path: at, stat: rest[index] as StatResult })),
    node: rest[above.length] as StatResult,
    passwd: textOf(passwd),
    group: textOf(group),
    marks: marksOf([...places.slice(0, -1), ...(named ? ACCOUNTS : [])], [dev, ...rest.slice(0, -1), ...files]),
  };
}

/** All must be there: of what is not, nothing says that it is still so. */
function marksOf(paths: readonly string[], stats: readonly (StatResult | undefined)[]): Mark[] | undefined {
  const marks = paths.flatMap((path, index): Mark[] => {
    const stat = stats[index];
    return stat?.exists && stat.mark !== "" ? [{ op: "expect", path, mark: stat.mark }] : [];
  });
  return marks.length === paths.length ? marks : undefined;
}

const statOf = (outcome: OperationOutcome | undefined): StatResult | undefined =>
  outcome?.ok ? (outcome.result as StatResult) : undefined;

const textOf = (outcome: OperationOutcome | undefined): string =>
  outcome?.ok && "data" in outcome.result ? outcome.result.data.toString("utf8") : "";

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
