import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { command } from "./command.ts";
import { kernelMetaPackage } from "./packages.ts";

export interface Kernel {
  readonly release: string;
  readonly bzImage: string;
  readonly modules: string;
}

/** `linux-image-6.1.0-56-amd64`, the package behind the meta package. */
export async function kernelPackage(): Promise<string> {
  const depends = await command("apt-cache", ["depends", kernelMetaPackage]);
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) throw new Error(`apt knows no kernel behind ${kernelMetaPackage}; run apt-get update`);
  return name;
}

export async function unpackPackage(name: string, work: string, into: string): Promise<void> {
  const download = join(work, `deb-${name}`);
  await mkdir(download, { recursive: true });
  // apt's download sandbox user cannot write into a private directory.
  await command("apt-get", ["download", "-o", "APT::Sandbox::User=root", name], { cwd: download });
  await command("sh", ["-c", 'dpkg-deb -x *.deb "$1"', "sh", into], { cwd: download });
}

/** Unpacked, never installed: the build machine's own boot is no business of the rig. */
export async function unpackKernel(name: string, work: string): Promise<Kernel> {
  const tree = join(work, "kernel");
  await mkdir(tree, { recursive: true });
  await unpackPackage(name, work, tree);
  const release = name.replace("linux-image-", "");
  return { release, bzImage: join(tree, "boot", `vmlinuz-${release}`), modules: join(tree, "lib/modules", release) };
}
