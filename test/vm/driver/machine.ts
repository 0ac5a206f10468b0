import { join } from "node:path";
import type { RigFiles } from "../image/places.ts";

export interface MachineOptions {
  /** Name to a directory of the build machine; mounted in the guest by `Rig.mount`, always read-only. */
  readonly shares?: Readonly<Record<string, string>>;
  readonly memory?: string;
}

export interface MachinePlaces {
  /** Sockets and logs of one QEMU process. */
  readonly run: string;
  readonly port: number;
}

export const consoleLog = (run: string): string => join(run, "console.log");
export const qmpSocket = (run: string): string => join(run, "qmp");

const kernelCommandLine = [
  "console=ttyS0",
  "quiet",
  // A panic must end QEMU, not wait for a person.
  "panic=-1",
  // Emulated time-stamp counters drift between virtual cores.
  "tsc=nowatchdog",
  "mitigations=off",
].join(" ");

/** As many 9p devices in every machine, used or not, so that one saved state serves all. */
const SLOTS = 4;
export const slotTag = (slot: number): string => `share${slot}`;

/** A snapshot is restored only into the same machine, so nothing here may depend on more than the arguments. */
export function qemuArguments(files: RigFiles, options: MachineOptions, places: MachinePlaces): string[] {
  const paths = Object.values(options.shares ?? {});
  if (paths.length > SLOTS) throw new Error(`a machine has ${SLOTS} shares, not ${paths.length}`);
  const shares = Array.from({ length: SLOTS }, (_, slot) => slotTag(slot)).flatMap((tag, slot) => [
    ...["-fsdev", `local,id=${tag},path=${paths[slot] ?? places.run},security_model=none,readonly=on,multidevs=remap`],
    ...["-device", `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`],
  ]);
  return [
    // An old CPU model is the fastest one to emulate: the kernel picks fewer instructions without a cheap translation.
    ...["-accel", "tcg,thread=multi", "-cpu", "Nehalem", "-smp", "2"],
    ...["-machine", "q35", "-m", options.memory ?? "1G"],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ...["-kernel", files.vmlinux, "-initrd", files.initrd, "-append", kernelCommandLine],
    ...["-serial", `file:${consoleLog(places.run)}`],
    ...["-qmp", `unix:${qmpSocket(places.run)},server=on,wait=off`],
    ...["-drive", `if=none,id=root,file=${files.rootImage},format=raw,readonly=on,cache=unsafe`],
    ...["-device", "virtio-blk-pci,drive=root"],
    ...["-netdev", `user,id=net,hostfwd=tcp:127.0.0.1:${places.port}-:2222`],
    ...["-device", "virtio-net-pci,netdev=net,romfile="],
    ...["-device", "virtio-rng-pci"],
    ...["-device", "qemu-xhci,id=xhci,p2=8,p3=8"],
    // The one sound backend that needs no sound on the build machine; usb-audio names it.
    ...["-audiodev", "none,id=silence"],
    ...shares,
  ];
}
