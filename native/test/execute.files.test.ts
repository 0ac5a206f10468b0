import { describe, expect, test } from "@jest/globals";
import { type Kind, kinds } from "./support/container.ts";
import { useContainer } from "./support/visit.ts";

describe.each(kinds)("in a %s container", (kind: Kind) => {
  const visit = useContainer(kind);

  test("symlink and readlink: the same link counts, another does not", async () => {
    const path = "mnt/dev/mouse";
    const symlink = { op: "symlink", path, to: "input/mouse0", ...visit.owned() } as const;
    const made = await visit.run(symlink);
    expect(made).toMatchObject({ created: true });
    expect(await visit.run(symlink)).toEqual({ ...made, created: false });
    await expect(visit.run({ ...symlink, to: "input/mouse" })).rejects.toMatchObject({ code: "EEXIST" });
    await expect(visit.run({ ...symlink, to: "input/mouse00" })).rejects.toMatchObject({ code: "EEXIST" });
    expect(await visit.run({ op: "readlink", path })).toEqual({ exists: true, to: "input/mouse0" });
    expect(await visit.run({ op: "readlink", path: "mnt/dev/none" })).toEqual({ exists: false, to: "" });
    expect(await visit.run({ op: "stat", path })).toMatchObject({ kind: "symlink", ...visit.owned() });
    expect(await visit.run({ op: "unlink", path, expect: made })).toEqual({ found: "ours" });
  });

  test("writeFile that shall keep what is there makes only what is missing", async () => {
    const kept = { op: "writeFile", path: "mnt/dev/kept", mode: 0o644, keep: true, ...visit.owned() } as const;
    expect(await visit.run({ ...kept, data: Buffer.from("first") })).toMatchObject({ created: true });
    expect(await visit.run({ ...kept, data: Buffer.from("second") })).toMatchObject({ created: false });
    expect(visit.container.inside("cat /mnt/dev/kept; rm /mnt/dev/kept")).toBe("first");
  });

  test("writeFile replaces what is there, even a link, and leaves no other name", async () => {
    visit.container.inside("mkdir /mnt/run; echo target > /mnt/target; ln -s ../target /mnt/run/c1:3");
    const path = "mnt/run/c1:3";
    const data = Buffer.from("E:ID_INPUT=1\n");
    const made = await visit.run({ op: "writeFile", path, data, mode: 0o644, ...visit.owned() });
    expect(visit.container.inside("cat /mnt/run/c1:3 /mnt/target; ls -A /mnt/run; stat -c '%u %a' /mnt/run/c1:3")).toBe(
      "E:ID_INPUT=1\ntarget\nc1:3\n0 644\n",
    );
    expect(await visit.run({ op: "unlink", path, expect: made })).toEqual({ found: "ours" });
    visit.container.inside("mkdir /mnt/run/dir");
    const onDirectory = { op: "writeFile", path: "mnt/run/dir", data, mode: 0o644, ...visit.owned() } as const;
    await expect(visit.run(onDirectory)).rejects.toMatchObject({ code: "EISDIR", syscall: "renameat2" });
    expect(visit.container.inside("ls -A /mnt/run")).toBe("dir\n");
  });

  test("readFile reads regular files and opens nothing else", async () => {
    visit.container.inside("cd /mnt; printf 12345 > five; mkfifo fifo; ln -s five five-link");
    const read = (path: string, maxBytes: number) => visit.run({ op: "readFile", path, maxBytes });
    expect(await read("mnt/five", 5)).toEqual({ exists: true, data: Buffer.from("12345"), truncated: false });
    expect(await read("mnt/five", 4)).toEqual({ exists: true, data: Buffer.from("1234"), truncated: true });
    expect(await read("mnt/none", 4)).toEqual({ exists: false, data: Buffer.alloc(0), truncated: false });
    expect((await read("proc/uptime", 1 << 16)).data.toString()).toMatch(/^\d/); // size 0, yet it reads
    await expect(read("mnt/fifo", 5)).rejects.toMatchObject({ code: "EINVAL" });
    await expect(read("mnt/five-link", 5)).rejects.toMatchObject({ code: "ELOOP" });
    await expect(read("mnt", 5)).rejects.toMatchObject({ code: "EISDIR" });
  });
});
