import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { mountTmpfs } from "@udevns/native";
import { deviceKey } from "@udevns/protocol";

const TMPFS_MAGIC = 0x01021994;

/**
 * Nodes on a tmpfs of the host, to be bound into containers whose own /dev cannot hold one. They are the container's alone:
 * chown and chmod in there reach this inode and never the host's node.
 */
export class HostNodes {
  readonly #directory: string;
  readonly #fd: number;
  /** Names of the directories that are there, by instance. */
  readonly #made = new Map<string, string>();
  /** st_dev of the tmpfs. */
  readonly device: bigint;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // A devnode that starts again finds the tmpfs of the one before; a second one over it would hide its nodes.
    if (!isOurTmpfs(directory)) mountTmpfs(directory, { mode: 0o700, sizeBytes: 1 << 20, inodes: 65_536 });
    this.#fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
    this.device = statSync(directory, { bigint: true }).dev;
  }

  /** Where the node of a device is to be made; nothing is there. `source` is below `directoryFd`. */
  vacate(instance: string, devpath: string): { readonly directoryFd: number; readonly source: string } {
    const source = `${this.#directoryFor(instance)}/${deviceKey(devpath)}`;
    this.remove(source);
    return { directoryFd: this.#fd, source };
  }

  #directoryFor(instance: string): string {
    const known = this.#made.get(instance);
    if (known !== undefined) return known;
    const directory = instanceDirectory(instance);
    mkdirSync(join(this.#directory, directory), { recursive: true, mode: 0o700 });
    this.#made.set(instance, directory);
    return directory;
  }

  /** Whoever has bound the node elsewhere meanwhile keeps an inode that nobody but the host's root may open. */
  remove(source: string): void {
    const path = `${this.#directory}/${source}`;
    if (!existsSync(path)) return;
    chownSync(path, 0, 0);
    chmodSync(path, 0);
    rmSync(path);
  }

  forget(instance: string): void {
    this.#made.delete(instance);
    this.#removeAll(instanceDirectory(instance));
  }

  /** Directories of instances that the registry does not know any more. */
  sweep(instances: Iterable<string>): void {
    const known = new Set([...instances].map(instanceDirectory));
    for (const name of readdirSync(this.#directory)) if (!known.has(name)) this.#removeAll(name);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #removeAll(directory: string): void {
    const path = join(this.#directory, directory);
    if (!existsSync(path)) return;
    for (const name of readdirSync(path)) this.remove(`${directory}/${name}`);
    rmSync(path, { recursive: true });
  }
}

const instanceDirectory = (instance: string): string =>
  createHash("sha256").update(instance).digest("hex").slice(0, 16);

function isOurTmpfs(directory: string): boolean {
  const isMountPoint = statSync(directory).dev !== statSync(join(directory, "..")).dev;
  return isMountPoint && statfsSync(directory).type === TMPFS_MAGIC;
}
