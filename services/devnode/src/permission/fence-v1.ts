import { closeSync, constants, openSync, readFileSync, writeFileSync } from "node:fs";
import type { Fence } from "./fence.ts";
import { formatPermission, isAllowedBy, type Permission } from "./permission.ts";

/** cgroup v1: a list of exceptions, changed by writing lines (Documentation/admin-guide/cgroup-v1/devices.rst). */
export class FenceV1 implements Fence {
  readonly #fd: number;
  readonly #check: () => void;

  /** @param check throws when the cgroup is not the container's own; called before each change that widens it */
  constructor(directory: string, check: () => void) {
    // Held: a cgroup of the same name may be another container's, later.
    this.#fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
    this.#check = check;
  }

  async isOpenFor(permission: Permission): Promise<boolean> {
    return readFileSync(this.#file("devices.list"), "utf8")
      .split("\n")
      .some((line) => isAllowedBy(line, permission));
  }

  async allow(permission: Permission): Promise<void> {
    if (await this.isOpenFor(permission)) return;
    this.#check();
    writeFileSync(this.#file("devices.allow"), formatPermission(permission));
  }

  async deny(permission: Permission): Promise<void> {
    writeFileSync(this.#file("devices.deny"), formatPermission(permission));
  }

  async repair(permissions: readonly Permission[]): Promise<boolean> {
    let mended = false;
    for (const permission of permissions) {
      if (await this.isOpenFor(permission)) continue;
      await this.allow(permission);
      mended = true;
    }
    return mended;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #file(name: string): string {
    return `/proc/self/fd/${this.#fd}/${name}`;
  }
}
