import { readFileSync } from "node:fs";
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

interface Standing {
  readonly plan: FencePlan;
  readonly fence: Fence;
}

/** Where a container is fenced in, and where it was before somebody moved it. */
interface Whereabouts {
  /** Text of its /proc/PID/cgroup that the plan was made of. */
  readonly cgroups: string;
  readonly now: readonly Standing[];
  readonly before: readonly Standing[];
}

/** Lets containers use device numbers, and takes that away again. */
export class Permissions {
  readonly #places = new Map<string, Whereabouts>();
  readonly #isAlive: (container: ContainerTarget) => boolean;
  readonly #mounted: Hierarchies;

  constructor(isAlive: (container: ContainerTarget) => boolean, mounted: Hierarchies = readHierarchies()) {
    this.#isAlive = isAlive;
    this.#mounted = mounted;
  }

  /** False where the container may use it without us. */
  async isNeeded(container: ContainerTarget, permission: Permission): Promise<boolean> {
    return await this.#guarded(container, permission, async () => {
      const open = await Promise.all(this.#of(container).now.map(({ fence }) => fence.isOpenFor(permission)));
      return open.includes(false);
    });
  }

  /** @throws UDEVNS_E_CGROUP, UDEVNS_E_PERMISSION, UDEVNS_E_CONTAINER_GONE */
  async allow(container: ContainerTarget, permission: Permission): Promise<void> {
    await this.#guarded(container, permission, async () => {
      for (const { fence } of this.#of(container).now) await fence.allow(permission);
    });
  }

  async deny(container: ContainerTarget, permission: Permission): Promise<void> {
    await this.#guarded(container, permission, async () => {
      const { now, before } = this.#of(container);
      for (const { fence } of before) await denyIfThere(fence, permission);
      for (const { fence } of now) await fence.deny(permission);
    });
  }

  /**
   * Brings back what was given where somebody (systemd's daemon-reload, a runtime's update) has shut it out, and takes it along where
   * somebody has moved the container to another cgroup. @returns whether there was anything to do
   */
  async repair(container: ContainerTarget, permissions: readonly Permission[]): Promise<boolean> {
    const [first] = permissions;
    if (first === undefined) return false;
    return await this.#guarded(container, first, async () => {
      const place = this.#of(container);
      let mended = false;
      for (const { fence } of place.now) mended = (await fence.repair(permissions)) || mended;
      const left = place.before.filter(({ plan }) => !place.now.some(({ plan: at }) => isWithin(at, plan)));
      for (const { fence } of left) {
        for (const permission of permissions) await denyIfThere(fence, permission);
        fence.close();
      }
      this.#places.set(container.instance, { ...place, before: place.before.filter((one) => !left.includes(one)) });
      return mended || left.length > 0;
    });
  }

  forget(instance: string): void {
    const { now = [], before = [] } = this.#places.get(instance) ?? {};
    for (const { fence } of [...now, ...before]) fence.close();
    this.#places.delete(instance);
  }

  async #guarded<T>(container: ContainerTarget, permission: Permission, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (cause) {
      throw permissionError(container, permission, cause, () => this.#isAlive(container));
    }
  }

  /** Read each time and not taken from inventory: its runtime, or whoever may, moves a process while it runs. */
  #of(container: ContainerTarget): Whereabouts {
    const known = this.#places.get(container.instance);
    const cgroups = readFileSync(`/proc/${container.pid}/cgroup`, "utf8");
    if (known?.cgroups === cgroups) return known;
    const process = readProcess(container.pid);
    if (String(process.startTime) !== container.startTime) throw gone(container);
    const plans = planFences(container, process.cgroups, this.#mounted);
    const { now: until = [], before = [] } = known ?? {};
    // Of two hierarchies only one may have changed. One that it comes back to may have been made anew meanwhile.
    const now = plans.map(
      (plan) => until.find((one) => one.plan.directory === plan.directory) ?? { plan, fence: build(plan, container) },
    );
    const place = { cgroups, now, before: [...before, ...until.filter((standing) => !now.includes(standing))] };
    this.#places.set(container.instance, place);
    return place;
  }
}

/** What a cgroup allows no more, it allows nobody below either. */
const isWithin = (inner: FencePlan, outer: FencePlan): boolean =>
  inner.directory === outer.directory || inner.directory.startsWith(`${outer.directory}/`);

/** A cgroup that the container has left may be gone by now, and its permissions with it. */
async function denyIfThere(fence: Fence, permission: Permission): Promise<void> {
  try {
    await fence.deny(permission);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code !== "ENOENT" && code !== "ENODEV") throw error;
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

const gone = ({ name, instance }: ContainerTarget): UdevnsError =>
  new UdevnsError("UDEVNS_E_CONTAINER_GONE", { name, instance });
