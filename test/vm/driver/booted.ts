import { createHash } from "node:crypto";
import { join } from "node:path";
import { command } from "../image/command.ts";
import type { RigFiles } from "../image/places.ts";
import { type MachineOptions, qemuArguments } from "./machine.ts";

/**
 * Where the state of a guest that has just booted is kept: beside its image, for each machine and QEMU. Restoring it takes a second or
 * two, booting under emulation twenty.
 */
export async function bootedState(files: RigFiles, options: MachineOptions): Promise<string> {
  const machine = qemuArguments(files, { ...options, shares: {} }, { run: "", port: 0 });
  const version = await command("qemu-system-x86_64", ["--version"]);
  const key = createHash("sha256")
    .update(JSON.stringify([machine, version]))
    .digest("hex")
    .slice(0, 16);
  return join(files.directory, `booted-${key}`);
}
