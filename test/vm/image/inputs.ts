import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { command } from "./command.ts";
import { kernelPackage } from "./kernel.ts";
import { guestPackages, unpackedPackages } from "./packages.ts";
import { guestFiles, imageFiles } from "./places.ts";

export interface Inputs {
  readonly hash: string;
  readonly kernelPackage: string;
}

/** Everything the image is made of: our files, the node binary, and the version of each package apt would take now. */
export async function readInputs(): Promise<Inputs> {
  const kernel = await kernelPackage();
  const hash = createHash("sha256");
  for (const directory of [imageFiles, guestFiles]) {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.sort()) hash.update(file.slice(directory.length)).update(await readFile(file));
  }
  hash.update(process.version).update(process.arch);
  const policy = await command("apt-cache", ["policy", kernel, ...guestPackages, ...unpackedPackages]);
  for (const line of policy.split("\n")) if (/^\S|Candidate:/.test(line)) hash.update(line);
  return { hash: hash.digest("hex").slice(0, 16), kernelPackage: kernel };
}
