import { chmod, cp, mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { command } from "./command.ts";
import type { Kernel } from "./kernel.ts";
import { type ModuleGraph, moduleName } from "./module-tree.ts";
import { bootModules } from "./modules.ts";
import { guestFiles } from "./places.ts";

/** Busybox, the modules on the way to the root file system, and the list of them in loading order. */
export async function buildInitrd(
  kernel: Kernel,
  graph: ModuleGraph,
  busybox: string,
  work: string,
  target: string,
): Promise<void> {
  const tree = join(work, "initrd");
  for (const dir of ["bin", "modules", "proc", "dev", "lower", "upper", "root"]) {
    await mkdir(join(tree, dir), { recursive: true });
  }
  await cp(busybox, join(tree, "bin/busybox"));
  await cp(join(guestFiles, "initrd-init.sh"), join(tree, "init"));
  await chmod(join(tree, "init"), 0o755);
  const order = graph.closure(bootModules);
  for (const path of order) await cp(join(kernel.modules, path), join(tree, "modules", basename(path)));
  await writeFile(join(tree, "modules.list"), order.map((path) => `${basename(path)}\n`).join(""));
  const missing = bootModules.filter((name) => !order.some((path) => moduleName(path) === name));
  if (missing.length > 0) process.stderr.write(`${kernel.release} has built in: ${missing.join(", ")}\n`);
  await command("sh", ["-c", 'find . | cpio --quiet -o -H newc > "$1"', "sh", target], { cwd: tree });
}
