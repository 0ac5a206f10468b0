import { randomInt } from "node:crypto";
import { closeSync, openSync, readFileSync } from "node:fs";
import { type Link, linkName, moveLink, type NativeError } from "@udevns/native";
import { type ContainerTarget, type DeviceRecord, isUdevnsError, UdevnsError } from "@udevns/protocol";
import type { HeldContainer } from "./containers.ts";

/** What is known of an interface that was given. */
export interface KnownLink {
  readonly link: Link;
  /** `noted`: it was about to be moved, and the number may be another's that root in there has made. */
  readonly from: "moved" | "noted";
}

/**
 * A network interface has no node: who has it is whose namespace it is in. The kernel itself tells both namespaces of the move,
 * so nobody else shall.
 * @param before what an earlier attempt has left; it may have moved it
 * @param note hears what it will be in there, a number that nobody in there has, before it is moved
 * @returns what it is in there; undefined for any other device
 */
export function moveIn(
  container: ContainerTarget,
  held: HeldContainer,
  device: DeviceRecord,
  before: readonly KnownLink[],
  note: (link: Link) => void,
): Link | undefined {
  if (device.subsystem !== "net") return undefined;
  const name = nameOf(device);
  return withNamespaces(container, held, name, (host, guest) => {
    // By its devpath, as a name may be another interface's by now.
    const index = indexOf(device.devpath);
    if (index !== undefined) return move({ index, name }, host, guest, note);
    // It is there already, if an earlier life of ours was cut off behind the move.
    const there = before.find(({ link }) => linkName(guest, link.index) === link.name);
    if (there !== undefined) return there.link;
    throw new UdevnsError("UDEVNS_E_DEVICE_UNKNOWN", { device: name, host: device.host });
  });
}

/**
 * Takes back the very interface that was moved in, and not one that root in there has given its name. Does nothing where it is no
 * longer there: it was unplugged, or the kernel has taken it back. One of which is only known that it was about to be moved is taken
 * back if the host has it no more, and what has the number in there has the name, too.
 */
export function moveOut(
  container: ContainerTarget,
  held: HeldContainer,
  devpath: string,
  { link, from }: KnownLink,
): void {
  withNamespaces(container, held, link.name, (host, guest) => {
    if (from === "noted" && (indexOf(devpath) !== undefined || linkName(guest, link.index) !== link.name)) return;
    try {
      move(link, guest, host);
    } catch (error) {
      if ((error as Partial<NativeError>).code !== "ENODEV") throw error;
    }
  });
}

const MOST_ATTEMPTS = 8;

/** Keeps its number, unless another has that. @returns what it is there */
function move({ index, name }: Link, from: number, to: number, note?: (link: Link) => void): Link {
  let wanted = index;
  for (let attempts = 1; ; attempts += 1) {
    while (linkName(to, wanted) !== undefined) wanted = randomInt(1 << 20, 2 ** 30);
    note?.({ index: wanted, name });
    try {
      moveLink({ index, name }, from, to, wanted);
      return { index: wanted, name };
    } catch (error) {
      // Somebody has made another meanwhile.
      if ((error as Partial<NativeError>).code !== "EBUSY" || attempts === MOST_ATTEMPTS) throw error;
    }
  }
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

/** As the kernel told of it. */
const nameOf = ({ devpath }: DeviceRecord): string => devpath.slice(devpath.lastIndexOf("/") + 1);
