import { binding } from "./binding.ts";
import { assemble, type DeviceKey, formatAccess, formatKey, keyBytes, valueBytes } from "./device-program.ts";
import { nativeError } from "./errno.ts";
import { attempt } from "./error.ts";

const NAME = "udevns";
const MAX_DEVICES = 65_536;

/** Device numbers that a container may use beside those of its runtime. Close it; programs that use it keep it alive. */
export interface DeviceMap {
  readonly fd: number;
  /** Replaces what was allowed for that number. */
  allow(key: DeviceKey, access: string): void;
  /** False when it was not there. */
  deny(key: DeviceKey): boolean;
  close(): void;
}

export const createDeviceMap = (): DeviceMap =>
  new OpenMap(attempt(() => binding.bpfCreateMap(NAME, keyBytes, valueBytes, MAX_DEVICES)));

/** Ids of the device programs attached to a cgroup; `withAbove`: also to those above it, as the kernel asks them all. */
export const attachedPrograms = (cgroupFd: number, withAbove: boolean): number[] =>
  attempt(() => binding.bpfAttachedPrograms(cgroupFd, withAbove));

/** The map of a program that `insertDeviceMap` made; undefined for any other. */
export function deviceMapOf(programId: number): DeviceMap | undefined {
  const { name, maps } = attempt(() => binding.bpfReadProgram(programId));
  const [map] = maps;
  return name === NAME && map !== undefined ? new OpenMap(attempt(() => binding.bpfOpenMap(map))) : undefined;
}

/**
 * Puts in the place of an attached program one that asks the map first and is the old one otherwise: in one step, so that nothing
 * is denied meanwhile (BPF_F_REPLACE, Linux 5.6).
 * @throws EACCES when the kernel hides the old one's text; EINVAL when that uses maps of its own, which its text does not carry
 */
export function insertDeviceMap(cgroupFd: number, programId: number, map: DeviceMap): void {
  const { instructions, maps } = attempt(() => binding.bpfReadProgram(programId));
  const subject = `device program ${programId}`;
  if (instructions.length === 0)
    throw nativeError("EACCES", "bpf", subject, "its text is hidden (net.core.bpf_jit_harden)");
  if (maps.length > 0) throw nativeError("EINVAL", "bpf", subject, "it has maps of its own");
  const program = attempt(() => binding.bpfLoadDeviceProgram(NAME, assemble(map.fd, instructions)));
  try {
    attempt(() => binding.bpfAttachProgram(cgroupFd, program, programId));
  } finally {
    binding.closeFd(program);
  }
}

class OpenMap implements DeviceMap {
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  allow(key: DeviceKey, access: string): void {
    attempt(() => binding.bpfUpdateMap(this.fd, formatKey(key), formatAccess(access)));
  }

  deny(key: DeviceKey): boolean {
    return attempt(() => binding.bpfDeleteFromMap(this.fd, formatKey(key)));
  }

  close(): void {
    binding.closeFd(this.fd);
  }
}
