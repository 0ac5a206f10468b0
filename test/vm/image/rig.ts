import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { command } from "./command.ts";
import { buildInitrd } from "./initrd.ts";
import { readInputs } from "./inputs.ts";
import { unpackKernel } from "./kernel.ts";
import { copyModules, readModuleGraph } from "./module-tree.ts";
import { guestModules } from "./modules.ts";
import { cacheRoot, type RigFiles, rigFiles } from "./places.ts";
import { publish } from "./publish.ts";
import { buildRootTree } from "./root-tree.ts";
import { extractVmlinux } from "./vmlinux.ts";

const IMAGE_SIZE = "2G";
const DAY = 86_400_000;

/** The rig for the present inputs: from the cache, or built now. */
export async function provideRig(log: (line: string) => void = () => {}): Promise<RigFiles> {
  const inputs = await readInputs();
  const directory = join(cacheRoot, inputs.hash);
  const cached = await readRelease(directory);
  if (cached !== undefined) return rigFiles(directory, cached);
  if (process.getuid?.() !== 0) {
    throw new Error(
      "building the rig needs root: its file systems hold other users' files. Run: sudo npm run vm:build",
    );
  }
  await mkdir(cacheRoot, { recursive: true });
  const work = await mkdtemp(join(cacheRoot, "building-"));
  try {
    const release = await build(inputs.kernelPackage, work, log);
    await publish(join(work, "out"), directory);
    await dropOldRigs(directory);
    return rigFiles(directory, release);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const readRelease = (directory: string): Promise<string | undefined> =>
  readFile(join(directory, "release"), "utf8").then(
    (text) => text.trim(),
    () => undefined,
  );

async function build(packageName: string, work: string, log: (line: string) => void): Promise<string> {
  const started = Date.now();
  const step = (what: string): void => log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${what}`);
  step(`kernel: ${packageName}`);
  const kernel = await unpackKernel(packageName, work);
  const out = rigFiles(join(work, "out"), kernel.release);
  await mkdir(out.directory);
  await extractVmlinux(kernel.bzImage, out.vmlinux);
  await command("depmod", ["-b", join(work, "kernel"), kernel.release]);
  const graph = await readModuleGraph(kernel.modules);
  step("root file system");
  const root = await buildRootTree(work);
  await copyModules(kernel.modules, join(root, "usr/lib/modules", kernel.release), graph.closure(guestModules));
  await command("depmod", ["-b", join(root, "usr"), kernel.release]);
  step("initrd");
  await buildInitrd(kernel, graph, join(root, "usr/bin/busybox"), work, out.initrd);
  step("disk image");
  await command("mke2fs", ["-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-d", root, out.rootImage, IMAGE_SIZE]);
  await writeFile(join(out.directory, "release"), `${kernel.release}\n`);
  step("done");
  return kernel.release;
}

/** Half a gigabyte each; one built a day ago for other inputs is nobody's any more. */
async function dropOldRigs(present: string): Promise<void> {
  for (const name of await readdir(cacheRoot)) {
    const directory = join(cacheRoot, name);
    if (directory === present || Date.now() - (await stat(directory)).mtimeMs < DAY) continue;
    await rm(directory, { recursive: true, force: true });
  }
}
