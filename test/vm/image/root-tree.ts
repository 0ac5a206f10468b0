import { chmod, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { command } from "./command.ts";
import { unpackPackage } from "./kernel.ts";
import { guestPackages, unpackedPackages } from "./packages.ts";
import { containerIdBase, guestFiles } from "./places.ts";
import { shiftIds } from "./shift-ids.ts";

const leftOut = ["doc", "man", "locale", "info"].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);

/** Not needed by a container that has a udevd and libinput, and a third of the image. */
const notInContainer = [
  "usr/bin/nats-server",
  "usr/bin/perl",
  "usr/bin/perl5.36.0",
  "var/lib/apt",
  "var/cache",
  "var/lib/dpkg",
];

/** The guest's root file system, with a container's root file system in it. */
export async function buildRootTree(work: string): Promise<string> {
  const tree = join(work, "root");
  const suite = /VERSION_CODENAME=(\S+)/.exec(await readFile("/etc/os-release", "utf8"))?.[1] ?? "stable";
  await command("mmdebstrap", [
    "--quiet",
    "--variant=minbase",
    `--include=${guestPackages.join(",")}`,
    '--aptopt=Acquire::Languages "none"',
    ...leftOut,
    suite,
    tree,
  ]);
  for (const name of unpackedPackages) await unpackPackage(name, work, tree);
  await addContainerTree(tree);
  await addGuestFiles(tree);
  return tree;
}

async function addContainerTree(tree: string): Promise<void> {
  const container = join(tree, "srv/container");
  await mkdir(container, { recursive: true });
  await command("sh", ["-c", "tar -c --one-file-system --exclude=./srv . | tar -x -C srv/container"], { cwd: tree });
  for (const path of notInContainer) await rm(join(container, path), { recursive: true, force: true });
  await mkdir(join(container, "srv"), { recursive: true });
  await cp(join(guestFiles, "container-inittab"), join(container, "etc/inittab"));
  await shiftIds(container, containerIdBase);
}

async function addGuestFiles(tree: string): Promise<void> {
  await mkdir(join(tree, "rig"), { recursive: true });
  for (const name of ["setup.sh", "serve.sh"]) {
    await cp(join(guestFiles, name), join(tree, "rig", name));
    await chmod(join(tree, "rig", name), 0o755);
  }
  for (const dir of ["lower", "work"]) await mkdir(join(tree, dir), { recursive: true });
  await cp(join(guestFiles, "inittab"), join(tree, "etc/inittab"));
  await cp(join(guestFiles, "container.conf"), join(tree, "rig/container.conf"));
  // The package's node is older than ours and starts five times slower under emulation.
  await cp(process.execPath, join(tree, "usr/bin/node"));
  // lxc refuses a map that these files, once present, do not grant to root.
  for (const file of ["etc/subuid", "etc/subgid"]) await writeFile(join(tree, file), `root:${containerIdBase}:65536\n`);
  await writeFile(join(tree, "etc/hostname"), "rig\n");
}
