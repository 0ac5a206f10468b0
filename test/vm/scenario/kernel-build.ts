import { createHash } from "node:crypto";
import { access, cp, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { command } from "../image/command.ts";
import { cacheRoot, repository } from "../image/places.ts";
import { publish } from "../image/publish.ts";

const source = join(repository, "kernel");

/**
 * The module, the gate and their test programs, in a directory laid out like kernel/, from the cache if nothing has
 * changed. Built in a copy: the source tree stays clean, and two runs do not meet.
 */
export async function buildKernel(release: string): Promise<string> {
  const directory = join(cacheRoot, `kernel-${await sourceHash(release)}`);
  const cached = await access(directory).then(
    () => true,
    () => false,
  );
  if (cached) return directory;
  await mkdir(cacheRoot, { recursive: true });
  const work = await mkdtemp(join(cacheRoot, "building-"));
  try {
    const copy = join(work, "kernel");
    await cp(source, copy, { recursive: true });
    const moduleArguments = [`KVER=${release}`, "W=1", "KCFLAGS=-Werror", "modules", "tests"];
    await command("make", ["-s", "-C", join(copy, "module"), ...moduleArguments]);
    await command("make", ["-s", "-C", join(copy, "gate"), "all"]);
    await publish(copy, directory);
    return directory;
  } catch (error) {
    throw new Error(
      `${String(error)}\nkernel/ needs linux-headers-${release}, make, gcc, clang, bpftool and libbpf-dev.`,
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function sourceHash(release: string): Promise<string> {
  const hash = createHash("sha256").update(release);
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) hash.update(file.slice(source.length)).update(await readFile(file));
  return hash.digest("hex").slice(0, 16);
}
