import { closeSync, openSync, readFileSync } from "node:fs";
import { moveLink, type NativeError } from "@udevns/native";
import { type ContainerTarget, type DeviceRecord, UdevnsError } from "@udevns/protocol";

/**
 * A network interface has no node: who has it is whose namespace it is in. The kernel itself tells both namespaces of the move,
 * so nobody else shall. @returns its name; undefined for any other device
 */
export function moveIn(container: ContainerTarget, device: DeviceRecord): string | undefined {
  if (device.subsystem !== "net") return undefined;
  const name = device.devpath.slice(device.devpath.lastIndexOf("/") + 1);
  if (!hasLink(container, name)) move(container, name, "in");
  return name;
}

/** Does nothing where it is no longer there: it was unplugged, or the kernel has taken it back. */
export function moveOut(container: ContainerTarget, name: string): void {
  if (hasLink(container, name)) move(container, name, "out");
}

function move(container: ContainerTarget, name: string, direction: "in" | "out"): void {
  const fds: number[] = [];
  try {
    for (const pid of ["self", container.pid]) fds.push(openSync(`/proc/${pid}/ns/net`, "r"));
    const [host, guest] = fds as [number, number];
    if (direction === "in") moveLink(name, host, guest);
    else moveLink(name, guest, host);
  } catch (cause) {
    const { syscall = "open", code = String(cause) } = cause as Partial<NativeError>;
    throw new UdevnsError("UDEVNS_E_SYSCALL", { syscall, target: name, errno: code }, { cause });
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

const hasLink = ({ pid }: ContainerTarget, name: string): boolean =>
  readFileSync(`/proc/${pid}/net/dev`, "utf8")
    .split("\n")
    .some((line) => line.trimStart().startsWith(`${name}:`));
