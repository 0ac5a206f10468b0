import { describe, expect, test } from "@jest/globals";
import { executeIn } from "../src/index.ts";
import { type Kind, kinds } from "./support/container.ts";
import { useContainer } from "./support/visit.ts";

describe.each(kinds)("in a %s container", (kind: Kind) => {
  const visit = useContainer(kind);
  const markOf = async (path: string) => {
    const seen = await visit.run({ op: "stat", path });
    return seen.exists ? seen.mark : "";
  };
  /** Whether what comes behind an expectation is done. */
  async function goesOn(path: string, mark: string): Promise<boolean> {
    const [expected, after] = await executeIn(visit.container.target, [
      { op: "expect", path, mark },
      { op: "stat", path: "mnt" },
    ]);
    if (!expected.ok) expect(expected).toMatchObject({ error: { syscall: "expect", code: "ESTALE" } });
    return after.ok;
  }

  test("a directory is as expected whatever is made in it, and not when it is another, or none", async () => {
    visit.container.inside("mkdir /mnt/here");
    const mark = await markOf("mnt/here");
    visit.container.inside("touch /mnt/here/file; chmod 700 /mnt/here");
    expect(await goesOn("mnt/here", mark)).toBe(true);
    visit.container.inside("mv /mnt/here /mnt/gone; mkdir /mnt/here");
    expect(await goesOn("mnt/here", mark)).toBe(false);
    visit.container.inside("rmdir /mnt/here; ln -s gone /mnt/here");
    expect(await goesOn("mnt/here", mark)).toBe(false);
    visit.container.inside("rm /mnt/here");
    expect(await goesOn("mnt/here", mark)).toBe(false);
  });

  test("nor when its mount has become another, or opens nodes no more", async () => {
    visit.container.inside("mkdir /mnt/on; mount -t tmpfs -o mode=755 none /mnt/on");
    const mark = await markOf("mnt/on");
    visit.container.inside("mount -o remount,bind,nodev,ro /mnt/on");
    expect(await goesOn("mnt/on", mark)).toBe(false);
    visit.container.inside("mount -t tmpfs none /mnt/on");
    expect(await goesOn("mnt/on", await markOf("mnt/on"))).toBe(true);
    expect(await goesOn("mnt/on", mark)).toBe(false);
  });

  test("a file that changed just now has no mark; an older one has another when it is written, in place or anew", async () => {
    let [mark, ms] = ["", Number.POSITIVE_INFINITY];
    // On a loaded machine just now may be over before it is looked at.
    while (ms >= 1_000) {
      const began = Date.now();
      visit.container.inside("echo one > /mnt/file");
      mark = await markOf("mnt/file");
      ms = Date.now() - began;
    }
    expect(mark).toBe("");
    while (mark === "") mark = await markOf("mnt/file");
    expect(await goesOn("mnt/file", mark)).toBe(true);
    visit.container.inside("touch -r /mnt/file /mnt/when; echo two > /mnt/file; touch -r /mnt/when /mnt/file");
    expect(await goesOn("mnt/file", mark)).toBe(false);
    expect(await goesOn("mnt/file", "")).toBe(false);
  });
});
