import { describe, expect, test } from "@jest/globals";
import { type Kind, kinds } from "./support/container.ts";
import { useContainer } from "./support/visit.ts";

describe.each(kinds)("in a %s container", (kind: Kind) => {
  const visit = useContainer(kind);

  test("mkdir and rmdir", async () => {
    const path = "mnt/dev/snd";
    const mkdir = { op: "mkdir", path, mode: 0o2750, ...visit.owned() } as const;
    const made = await visit.run(mkdir);
    expect(made).toMatchObject({ created: true });
    expect(await visit.run({ ...mkdir, mode: 0o777 })).toEqual({ ...made, created: false });
    expect(await visit.run({ op: "stat", path })).toMatchObject({ kind: "dir", mode: 0o2750, ...visit.owned() });
    visit.container.inside("touch /mnt/dev/snd/seq");
    expect(await visit.run({ op: "rmdir", path, expect: made })).toEqual({ found: "notEmpty" });
    visit.container.inside("rm /mnt/dev/snd/seq");
    expect(await visit.run({ op: "rmdir", path, expect: made })).toEqual({ found: "ours" });
    expect(await visit.run({ op: "rmdir", path, expect: made })).toEqual({ found: "missing" });
    expect(await visit.run({ op: "rmdir", path: "mnt/a/b/c", expect: made })).toEqual({ found: "missing" });
    visit.container.inside("touch /mnt/dev/file");
    await expect(visit.run({ ...mkdir, path: "mnt/dev/file" })).rejects.toMatchObject({ code: "EEXIST" });
  });

  test("readDir lists names and kinds, up to a limit", async () => {
    visit.container.inside("mkdir /mnt/list; cd /mnt/list; touch a; mkdir b; ln -s a c");
    const list = async (maxEntries: number) => visit.run({ op: "readDir", path: "mnt/list", maxEntries });
    const all = await list(3);
    expect(all.truncated).toBe(false);
    expect(all.entries.sort((x, y) => x.name.localeCompare(y.name))).toEqual([
      { name: "a", kind: "file" },
      { name: "b", kind: "dir" },
      { name: "c", kind: "symlink" },
    ]);
    expect(await list(2)).toMatchObject({ truncated: true, entries: [expect.anything(), expect.anything()] });
    expect(await visit.run({ op: "readDir", path: "mnt/none", maxEntries: 2 })).toEqual({
      exists: false,
      entries: [],
      truncated: false,
    });
  });
});
