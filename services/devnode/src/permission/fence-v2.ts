import { closeSync, openSync } from "node:fs";
import { attachedPrograms, createDeviceMap, type DeviceMap, deviceMapOf, insertDeviceMap } from "@udevns/native";
import type { Fence } from "./fence.ts";
import type { Permission } from "./permission.ts";

/**
 * cgroup v2: device programs. Each that is attached to the container's cgroup is replaced, once and in one step, by one that asks
 * our map first and is the old one otherwise; from then on only the map changes.
 *
 * The attached program holds its map, and both are found again through the cgroup: nothing is pinned, so nothing is left behind
 * when the container's cgroup goes, whoever of us is alive then.
 */
export class FenceV2 implements Fence {
  readonly #cgroupFd: number;
  readonly #check: () => void;
  readonly #ours = new Set<number>();
  #map: DeviceMap | undefined;

  /** @param check throws when the cgroup is not the container's own; called before each change that widens it */
  constructor(directory: string, check: () => void) {
    this.#cgroupFd = openSync(directory, "r");
    this.#check = check;
    for (const id of this.#attached()) {
      const map = deviceMapOf(id);
      if (map === undefined) continue;
      this.#ours.add(id);
      // Left by an earlier devnode. Where several programs share it, one descriptor is enough.
      if (this.#map === undefined) this.#map = map;
      else map.close();
    }
  }

  /** Without a program everything is allowed. What a program of the runtime allows cannot be asked, so ours asks both. */
  async isOpenFor(): Promise<boolean> {
    return this.#attached().length === 0;
  }

  async allow(permission: Permission): Promise<void> {
    if (await this.isOpenFor()) return;
    this.#check();
    // The map first: a program that is put in then lets the device through from its first moment on.
    this.#map ??= createDeviceMap();
    this.#map.allow(permission, permission.access);
    this.#insert();
  }

  async deny(permission: Permission): Promise<void> {
    this.#map?.deny(permission);
  }

  async repair(permissions: readonly Permission[]): Promise<boolean> {
    if (permissions.length === 0 || this.#attached().every((id) => this.#ours.has(id))) return false;
    for (const permission of permissions) await this.allow(permission);
    return true;
  }

  close(): void {
    this.#map?.close();
    closeSync(this.#cgroupFd);
  }

  #insert(): void {
    const foreign = this.#attached().filter((id) => !this.#ours.has(id));
    if (foreign.length === 0 || this.#map === undefined) return;
    for (const id of foreign) insertDeviceMap(this.#cgroupFd, id, this.#map);
    for (const id of this.#attached()) this.#ours.add(id);
  }

  #attached(): number[] {
    return attachedPrograms(this.#cgroupFd, false);
  }
}
