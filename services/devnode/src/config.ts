import { join } from "node:path";
import { token } from "@udevns/protocol";
import type { BaseConfig } from "@udevns/service";

export interface DevnodeConfig {
  /** tmpfs of ours that holds the nodes which are bound into user-namespaced containers. */
  readonly nodesDir: string;
  /** What was made in which container. */
  readonly registryFile: string;
  /** How far the orders are carried out. */
  readonly progressFile: string;
}

export function devnodeConfig({ runDir, host }: BaseConfig): DevnodeConfig {
  const directory = join(runDir, token(host), "devnode");
  return {
    nodesDir: join(directory, "nodes"),
    registryFile: join(directory, "registry"),
    progressFile: join(directory, "progress"),
  };
}
