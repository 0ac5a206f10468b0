import { lchown, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Makes a tree look root-owned from inside a user namespace whose map starts at `by`. */
export async function shiftIds(path: string, by: number): Promise<void> {
  const { uid, gid } = await lstat(path);
  await lchown(path, uid + by, gid + by);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await shiftIds(child, by);
    else {
      const owner = await lstat(child);
      await lchown(child, owner.uid + by, owner.gid + by);
    }
  }
}
