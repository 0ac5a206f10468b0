import { closeSync, openSync, readFileSync } from "node:fs";
import { type Link, linkName, moveLink, type NativeError } from "@udevns/native";
import { type ContainerTarget, type DeviceRecord, isUdevnsError, UdevnsError } from "@udevns/protocol";
import type { HeldContainer } from "./containers.ts";

/** An interface as the kernel told of it. */
export const linkOf = ({ devpath, properties }: DeviceRecord): Link => ({
  index: Number(properties.IFINDEX),
  name: devpath.slice(devpath.lastIndexOf("/") + 1),
});

/**
 * A network interface has no node: who has it is whose namespace it is in. The kernel itself tells both namespaces of the move,
 * so nobody else shall.
 * @param again an earlier attempt may have moved it
 * @returns what it is in there; undefined for any other device
 */
export function moveIn(
  container: ContainerTarget,
  held: HeldContainer,
  device: DeviceRecord,
  again: boolean,
): Link | undefined {
  if (device.subsystem !== "net") return undefined;
  const { name } = linkOf(device);
  return withNamespaces(container, held, name, (host, guest) => {
    // By its devpath, as a name may be another interface's by now.
    const index = indexOf(device.devpath);
    if (index !== undefined) return moveLink({ index, name }, host, guest);
    // It is there already, if an earlier life of ours was cut off before it had noted the move.
    const before = linkOf(device);
    if (again && linkName(guest, before.index) === name) return before;
    throw new UdevnsError("UDEVNS_E_DEVICE_UNKNOWN", { device: name, host: device.host });
  });
}

/**
 * Takes back the very interface that was moved in, and not one that root in there has given its name. Does nothing where it is no
 * longer there: it was unplugged, or the kernel has taken it back.
 */
export function moveOut(container: ContainerTarget, held: HeldContainer, link: Link): void {
  withNamespaces(container, held, link.name, (host, guest) => {
    try {
      moveLink(link, guest, host);
    } catch (error) {
      if ((error as Partial<NativeError>).code !== "ENODEV") throw error;
    }
  });
}

function withNamespaces<T>(
  container: ContainerTarget,
  { target }: HeldContainer,
  name: string,
  run: (host: number, guest: number) => T,
): T {
  const fds: number[] = [];
  try {
    for (const pid of ["self", container.pid]) fds.push(openSync(`/proc/${pid}/ns/net`, "r"));
    // The number was its own when its namespace was opened, if it lives now.
    if (!target.pidfd.alive()) throw gone(container);
    const [host, guest] = fds as [number, number];
    return run(host, guest);
  } catch (cause) {
    if (isUdevnsError(cause)) throw cause;
    const { syscall = "open", code = String(cause) } = cause as Partial<NativeError>;
    throw new UdevnsError("UDEVNS_E_SYSCALL", { syscall, target: name, errno: code }, { cause });
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

const gone = ({ name, instance }: ContainerTarget): UdevnsError =>
  new UdevnsError("UDEVNS_E_CONTAINER_GONE", { name, instance });

/** Of an interface in our own namespace. */
function indexOf(devpath: string): number | undefined {
  try {
    return Number(readFileSync(`/sys${devpath}/ifindex`, "utf8"));
  } catch {
    return undefined;
  }
}
