import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
export const guestFiles = join(repository, "test/vm/guest");
export const imageFiles = join(repository, "test/vm/image");

export const cacheRoot = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "udevns/vm");

/** First host id of the containers' map, 65536 long; the guest's container settings use the same. */
export const containerIdBase = 100_000;

export interface RigFiles {
  readonly directory: string;
  readonly vmlinux: string;
  readonly initrd: string;
  readonly rootImage: string;
  /** Kernel release, as in /lib/modules; modules under test are built for it. */
  readonly release: string;
}

export const rigFiles = (directory: string, release: string): RigFiles => ({
  directory,
  release,
  vmlinux: join(directory, "vmlinux"),
  initrd: join(directory, "initrd.cpio"),
  rootImage: join(directory, "root.ext4"),
});
