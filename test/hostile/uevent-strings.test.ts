import { afterAll, afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parseUevent } from "@udevns/uevent";
import type { Throwaway } from "../support/throwaway.ts";
import { inside, startSpecial } from "./support/containers.ts";
import { openWorkbench, targetFor, ZERO, zeroAt } from "./support/workbench.ts";

// CVE-2009-1186 and its kind: what a device says of itself is text of its maker's, or of whoever made a virtual one.

const LONG = "x".repeat(2_000);
const uevent = (name: string, value: string) =>
  Buffer.from(`add@/devices/x\0ACTION=add\0DEVPATH=/devices/x\0SUBSYSTEM=block\0SEQNUM=1\0${name}=${value}\0`);

describe("a uevent", () => {
  test.each([
    ["DEVNAME", "a\nb"],
    ["DEVNAME", "a\x1b[2Jb"],
    ["DEVPATH", "/devices/../../etc"],
    ["DEVPATH", "/devices/x\n"],
    ["SUBSYSTEM", "a\nb"],
    ["", "no name"],
  ])("with %s=%j is malformed", (name, value) => {
    expect(() => parseUevent(uevent(name, value))).toThrow(expect.objectContaining({ code: "UDEVNS_E_UEVENT" }));
  });

  test("of more than the kernel's 2 kB is read, as a name of it is refused where it is used", () => {
    expect(parseUevent(uevent("DEVNAME", LONG)).properties.DEVNAME).toBe(LONG);
  });
});

describe("in a container", () => {
  const bench = openWorkbench();
  let container: Throwaway;
  beforeEach(async () => {
    container = await startSpecial({ userns: true });
    await inside(container, "mount -t tmpfs -o mode=755 none /run");
  });
  afterEach(() => container.stop());
  afterAll(() => bench.close());

  test.each([
    "../../etc/shadow",
    "/etc/shadow",
    "input/../../etc",
    "input//event7",
    "./event7",
    "a\nb",
    "a\0b",
    "a\x7fb",
    LONG,
    "",
  ])("a node named %j is refused", async (path) => {
    expect(await bench.give(targetFor(container), zeroAt(path))).toBe("UDEVNS_E_NODE_PATH");
    expect(bench.devnode.registry.of(targetFor(container).instance)).toEqual([]);
  });

  test("what udev said is written down without a line, link or tag that is not its own", async () => {
    const links = ["../../etc/link", "/etc/link", "good/link", `deep/${LONG}`, "a\nS:b", "a\0b"];
    const properties = { GOOD: "1", EVIL: "a\nS:stolen\nG:stolen", "KEY\nE:OTHER": "x", NUL: "a\0b" };
    const udev = { properties, tags: ["seat", "../../evil", "..", "a/b", "a\nb"], links };
    const device = { ...ZERO, udev };
    const outcome = await bench.give(targetFor(container), zeroAt("ours"), { device, audience: "none" });
    expect(outcome).toBe("done");
    const record = await inside(container, "grep -v ^I: /run/udev/data/c1:5");
    expect(record).toBe(["S:good/link", "E:GOOD=1", "G:seat", "Q:seat", "V:1"].join("\n"));
    expect(await inside(container, "cd /run/udev; find . | sort | tr '\\n' ' '")).toBe(
      ". ./control ./data ./data/c1:5 ./tags ./tags/seat ./tags/seat/c1:5",
    );
    expect(await inside(container, "find /dev -type l")).toBe("/dev/good/link");
  });
});
