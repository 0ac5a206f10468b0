import { closeSync, fstatSync, readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { openPidfd, pidfdGetfd, revokeInput } from "@udevns/native";
import type { ContainerTarget, Devnum, Holder } from "@udevns/protocol";
import { hostPidSpace, isInside, type Spaces, spacesOf } from "./spaces.ts";

/** Major number of input devices (Documentation/admin-guide/devices.txt). */
const INPUT_MAJOR = 13;

/**
 * Takes a device's open files away from a container that has lost it: without its permission nothing new can be opened, but what is
 * open stays so. Input devices can be revoked; of the others the kernel has no such word.
 * @returns the processes that still hold it
 */
export function revokeHolders(container: ContainerTarget, devnum: Devnum): Holder[] {
  return findHolders(container, devnum).filter((holder) => !(devnum.major === INPUT_MAJOR && revoke(holder, devnum)));
}

/** Open files of a device in a container's processes. */
export function findHolders(container: ContainerTarget, devnum: Devnum): Holder[] {
  let own: Spaces;
  try {
    own = spacesOf(container.pid);
  } catch {
    // Its end closes its files.
    return [];
  }
  const hostPid = hostPidSpace();
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && isOf(Number(name), own, hostPid))
    .flatMap((name) => openFiles(Number(name), devnum));
}

export function isStillHeld({ pid, fd }: Holder, devnum: Devnum): boolean {
  return isFileOf(pid, fd, devnum);
}

function openFiles(pid: number, devnum: Devnum): Holder[] {
  try {
    const command = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    return readdirSync(`/proc/${pid}/fd`)
      .map(Number)
      .filter((fd) => isFileOf(pid, fd, devnum))
      .map((fd) => ({ pid, command, fd }));
  } catch {
    // It ended meanwhile.
    return [];
  }
}

function isFileOf(pid: number, fd: number, devnum: Devnum): boolean {
  try {
    // Through the link itself: the path that it shows may be gone, or lead elsewhere for us.
    return isDevice(statSync(`/proc/${pid}/fd/${fd}`), devnum);
  } catch {
    return false;
  }
}

export function isDevice(seen: Stats, { type, major, minor }: Devnum): boolean {
  const kind = type === "c" ? seen.isCharacterDevice() : seen.isBlockDevice();
  return kind && majorOf(seen.rdev) === major && minorOf(seen.rdev) === minor;
}

/** gnu_dev_major(3): dev_t as user space has it. */
const majorOf = (rdev: number): number => Math.floor(rdev / 256) % 4096;
const minorOf = (rdev: number): number => (rdev % 256) + Math.floor(rdev / 2 ** 20) * 256;

function revoke({ pid, fd }: Holder, devnum: Devnum): boolean {
  try {
    const pidfd = openPidfd(pid);
    try {
      const copy = pidfdGetfd(pidfd, fd);
      try {
        // The process may have closed it since, and have another device's file under that number, or be another process.
        if (isDevice(fstatSync(copy), devnum)) revokeInput(copy);
        return true;
      } finally {
        closeSync(copy);
      }
    } finally {
      pidfd.close();
    }
  } catch {
    // Ended meanwhile, or no event device (mice, js): then it is listed.
    return false;
  }
}

function isOf(pid: number, own: Spaces, hostPid: string): boolean {
  try {
    return isInside(spacesOf(pid), own, hostPid);
  } catch {
    // It ended meanwhile.
    return false;
  }
}
