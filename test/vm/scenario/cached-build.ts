import { createHash } from "node:crypto";
import { access, cp, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { cacheRoot } from "../image/places.ts";
import { publish } from "../image/publish.ts";

/**
 * A built copy of a source folder, from the cache if no file in it has changed. A copy, so that the source tree stays
 * clean and two runs do not meet.
 */
export async function cachedBuild(
  source: string,
  build: (copy: string) => Promise<unknown>,
  salt = "",
): Promise<string> {
  const directory = join(cacheRoot, `${basename(source)}-${await hashTree(source, salt)}`);
  const cached = await access(directory).then(
    () => true,
    () => false,
  );
  if (cached) return directory;
  await mkdir(cacheRoot, { recursive: true });
  const work = await mkdtemp(join(cacheRoot, "building-"));
  try {
    const copy = join(work, "copy");
    await cp(source, copy, { recursive: true, filter: isSource });
    await build(copy);
    await publish(copy, directory);
    return directory;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What was built beside its sources (udevns-gate by infra/setup) is none of them, and may be of other sources. */
const isSource = (path: string): boolean => !/\.(o|skel\.h)$|\/udevns-gate$/.test(path);

async function hashTree(source: string, salt: string): Promise<string> {
  const hash = createHash("sha256").update(salt);
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(isSource);
  for (const file of files.sort()) hash.update(file.slice(source.length)).update(await readFile(file));
  return hash.digest("hex").slice(0, 16);
}
