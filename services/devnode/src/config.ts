import { join } from "node:path";
import { token } from "@udevns/protocol";
import type { BaseConfig } from "@udevns/service";

export interface DevnodeConfig {
  /** tmpfs of ours that holds the nodes which are bound into user-namespaced containers. */
  readonly nodesDir: string;
  /** What was made in which container. */
  readonly registryFile: string;
  /** Whose network namespaces are kept closed. */
  readonly gatesFile: string;
  /** How far the orders are carried out. */
  readonly progressFile: string;
}

export function devnodeConfig({ runDir, host }: BaseConfig): DevnodeConfig {
  const directory = join(runDir, token(host), "devnode");
  return {
    nodesDir: join(directory, "nodes"),
    registryFile: join(directory, "registry"),
    gatesFile: join(directory, "gates"),
    progressFile: join(directory, "progress"),
  };
}
