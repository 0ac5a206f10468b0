import {
  hostNamespaces,
  type MountTarget,
  mapToHost,
  openPidfd,
  type Pidfd,
  type ProcessInfo,
  readProcess,
} from "@udevns/native";
import { type ContainerTarget, UdevnsError } from "@udevns/protocol";
import { hostDev } from "./host-directories.ts";

/** A container that is held: its process cannot be taken for another while the pidfd is open. */
export interface HeldContainer {
  readonly target: MountTarget & Required<Pick<MountTarget, "confine">>;
  readonly process: ProcessInfo;
}

/** Holds each container once, from its first order to its death. */
export class HeldContainers {
  readonly #held = new Map<string, HeldContainer & { pidfd: Pidfd }>();
  readonly #onGone: (instance: string) => void;

  constructor(onGone: (instance: string) => void) {
    this.#onGone = onGone;
  }

  /**
   * @throws UDEVNS_E_CONTAINER_GONE when that process is gone, or its pid, start time or namespaces are not those of the order:
   * a pid alone may mean another process by now
   */
  hold(container: ContainerTarget): HeldContainer {
    const known = this.#held.get(container.instance);
    if (known?.pidfd.alive()) return known;
    const held = take(container);
    this.#held.set(container.instance, held);
    held.pidfd.onExit(() => {
      this.release(container.instance);
      this.#onGone(container.instance);
    });
    return held;
  }

  isAlive(container: ContainerTarget): boolean {
    try {
      this.hold(container);
      return true;
    } catch {
      return false;
    }
  }

  release(instance: string): void {
    this.#held.get(instance)?.pidfd.close();
    this.#held.delete(instance);
  }

  close(): void {
    for (const instance of [...this.#held.keys()]) this.release(instance);
  }
}

function take(container: ContainerTarget): HeldContainer & { pidfd: Pidfd } {
  const { name, instance, pid, startTime, namespaces, root } = container;
  const gone = (cause?: unknown) => new UdevnsError("UDEVNS_E_CONTAINER_GONE", { name, instance }, { cause });
  let pidfd: Pidfd | undefined;
  try {
    pidfd = openPidfd(pid);
    const process = readProcess(pid);
    const same =
      String(process.startTime) === startTime &&
      String(process.namespaces.net) === namespaces.net &&
      String(process.namespaces.mnt) === namespaces.mnt &&
      String(process.namespaces.user) === namespaces.user &&
      mapToHost(process.uidMap, 0) === root.uid &&
      mapToHost(process.gidMap, 0) === root.gid;
    if (!same || !pidfd.alive()) throw gone();
    refuseHost(process);
    const confine = { uids: process.uidMap, gids: process.gidMap, avoid: [{ dev: hostDev(), ino: 0n }] };
    return { pidfd, process, target: { pidfd, rootUid: root.uid, rootGid: root.gid, confine } };
  } catch (error) {
    pidfd?.close();
    throw error instanceof UdevnsError ? error : gone(error);
  }
}

/** Inventory takes in no such process; but an order is a message, and whoever could write one shall not reach the host by it. */
function refuseHost({ pid, namespaces }: ProcessInfo): void {
  const host = hostNamespaces();
  const shared = (["net", "mnt"] as const).filter((kind) => namespaces[kind] === host[kind]);
  if (shared.length > 0) throw new UdevnsError("UDEVNS_E_PID_HOST", { pid, namespaces: shared.join(" and ") });
}
