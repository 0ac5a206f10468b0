import { readProcess } from "@udevns/native";
import { type ContainerTarget, UdevnsError } from "@udevns/protocol";
import type { Fence } from "./fence.ts";
import { FenceLxc } from "./fence-lxc.ts";
import { FenceV1 } from "./fence-v1.ts";
import { FenceV2 } from "./fence-v2.ts";
import { type Hierarchies, readHierarchies } from "./hierarchies.ts";
import type { Permission } from "./permission.ts";
import { permissionError } from "./permission-error.ts";
import { type FencePlan, planFences } from "./plan-fences.ts";
import { strangerIn } from "./strangers.ts";

/** Lets containers use device numbers, and takes that away again. */
export class Permissions {
  readonly #fences = new Map<string, readonly Fence[]>();
  readonly #isAlive: (container: ContainerTarget) => boolean;
  readonly #mounted: Hierarchies;

  constructor(isAlive: (container: ContainerTarget) => boolean, mounted: Hierarchies = readHierarchies()) {
    this.#isAlive = isAlive;
    this.#mounted = mounted;
  }

  /** False where the container may use it without us. */
  async isNeeded(container: ContainerTarget, permission: Permission): Promise<boolean> {
    return await this.#guarded(container, permission, async () => {
      const open = await Promise.all(this.#of(container).map((fence) => fence.isOpenFor(permission)));
      return open.includes(false);
    });
  }

  /** @throws UDEVNS_E_CGROUP, UDEVNS_E_PERMISSION, UDEVNS_E_CONTAINER_GONE */
  async allow(container: ContainerTarget, permission: Permission): Promise<void> {
    await this.#guarded(container, permission, async () => {
      for (const fence of this.#of(container)) await fence.allow(permission);
    });
  }

  async deny(container: ContainerTarget, permission: Permission): Promise<void> {
    await this.#guarded(container, permission, async () => {
      for (const fence of this.#of(container)) await fence.deny(permission);
    });
  }

  /** @returns whether somebody (systemd's daemon-reload, a runtime's update) had shut one of them out */
  async repair(container: ContainerTarget, permissions: readonly Permission[]): Promise<boolean> {
    const [first] = permissions;
    if (first === undefined) return false;
    return await this.#guarded(container, first, async () => {
      let mended = false;
      for (const fence of this.#of(container)) mended = (await fence.repair(permissions)) || mended;
      return mended;
    });
  }

  forget(instance: string): void {
    for (const fence of this.#fences.get(instance) ?? []) fence.close();
    this.#fences.delete(instance);
  }

  async #guarded<T>(container: ContainerTarget, permission: Permission, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (cause) {
      throw permissionError(container, permission, cause, () => this.#isAlive(container));
    }
  }

  #of(container: ContainerTarget): readonly Fence[] {
    const known = this.#fences.get(container.instance);
    if (known !== undefined) return known;
    // Read now and not taken from inventory: a runtime may have moved the process since it was seen first.
    const { cgroups } = readProcess(container.pid);
    const fences = planFences(container, cgroups, this.#mounted).map((plan) => build(plan, container));
    this.#fences.set(container.instance, fences);
    return fences;
  }
}

function build(plan: FencePlan, container: ContainerTarget): Fence {
  switch (plan.kind) {
    case "v1":
      return new FenceV1(plan.directory, () => checkOwn(plan, container));
    case "v2":
      return new FenceV2(plan.directory, () => checkOwn(plan, container));
    case "lxc":
      return new FenceLxc(plan);
    default:
      return plan satisfies never;
  }
}

/** @throws UDEVNS_E_CGROUP when others live in it, who would get the permission with the container */
function checkOwn(
  { cgroup, directory, named }: Extract<FencePlan, { cgroup: string }>,
  container: ContainerTarget,
): void {
  const stranger = named ? undefined : strangerIn(directory, container);
  if (stranger !== undefined)
    throw new UdevnsError("UDEVNS_E_CGROUP", { cgroup, name: container.name, detail: `pid ${stranger} is in it too` });
}
