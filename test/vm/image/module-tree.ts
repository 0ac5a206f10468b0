import { cp, mkdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** The kernel takes `-` and `_` in a module's name for the same. */
export const moduleName = (path: string): string => basename(path, ".ko").replaceAll("-", "_");

export interface ModuleGraph {
  /** Paths below the module directory, dependencies first. */
  closure(names: readonly string[]): string[];
}

export async function readModuleGraph(modules: string): Promise<ModuleGraph> {
  const dependencies = new Map<string, string[]>();
  const pathOf = new Map<string, string>();
  for (const line of (await readFile(join(modules, "modules.dep"), "utf8")).split("\n")) {
    const [path, rest] = line.split(":");
    if (path === undefined || rest === undefined) continue;
    dependencies.set(path, rest.split(" ").filter(Boolean));
    pathOf.set(moduleName(path), path);
  }
  return {
    closure(names) {
      const chosen = new Set<string>();
      const visit = (path: string): void => {
        if (chosen.has(path)) return;
        for (const needed of dependencies.get(path) ?? []) visit(needed);
        chosen.add(path);
      };
      for (const name of names) {
        const path = pathOf.get(name);
        if (path !== undefined) visit(path);
      }
      return [...chosen];
    },
  };
}

/** Copies only what the rig uses: the whole tree of a stock kernel is 300 MB. */
export async function copyModules(from: string, to: string, paths: readonly string[]): Promise<void> {
  for (const path of [...paths, "modules.builtin", "modules.builtin.modinfo", "modules.order"]) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    await cp(join(from, path), join(to, path));
  }
}
