import { execFile } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { promisify } from "node:util";
import { attachedPrograms } from "@udevns/native";
import type { Fence } from "./fence.ts";
import { formatPermission, type Permission } from "./permission.ts";

const run = promisify(execFile);

/**
 * LXC on cgroup v2: its monitor holds the container's program and replaces it itself when told so by lxc-cgroup(1). A program of
 * ours in its place would make its own next change fail.
 */
export class FenceLxc implements Fence {
  readonly #target: readonly string[];
  readonly #directory: string;

  constructor({ name, lxcPath, directory }: { name: string; lxcPath: string; directory: string }) {
    this.#target = ["-n", name, "-P", lxcPath];
    this.#directory = directory;
  }

  async isOpenFor(): Promise<boolean> {
    const fd = openSync(this.#directory, "r");
    try {
      return attachedPrograms(fd, true).length === 0;
    } finally {
      closeSync(fd);
    }
  }

  async allow(permission: Permission): Promise<void> {
    await this.#tell("devices.allow", permission);
  }

  async deny(permission: Permission): Promise<void> {
    await this.#tell("devices.deny", permission);
  }

  /** Its monitor owns the program, so nobody else changes it. */
  async repair(): Promise<boolean> {
    return false;
  }

  close(): void {}

  async #tell(file: string, permission: Permission): Promise<void> {
    if (await this.isOpenFor()) return;
    await run("lxc-cgroup", [...this.#target, file, formatPermission(permission)]);
  }
}
