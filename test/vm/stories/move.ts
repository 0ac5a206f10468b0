import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Container } from "../scenario/container.ts";
import { type Libinput, libinputIn } from "../scenario/libinput.ts";
import { PATIENCE } from "../scenario/patience.ts";
import type { Stage } from "../udevns/stage.ts";

/** A keyboard that changes hands while it is in use. */
export const moveStory = (open: () => Stage) => () => {
  let stage: Stage;
  let c1: Container;
  let c2: Container;
  let first: Libinput;
  let second: Libinput;

  beforeAll(async () => {
    stage = open();
    [c1, c2] = stage.containers;
    [first, second] = [await libinputIn(c1), await libinputIn(c2)];
    await stage.rig.plug("usb-kbd", "moved", { port: "3" });
    await first.until(/DEVICE_ADDED.*QEMU USB Keyboard/);
  }, PATIENCE);

  afterAll(async () => {
    for (const watcher of [first, second]) await watcher?.stop();
    await stage?.rig.unplug("moved");
  });

  const settled = (container: Container, script: string) =>
    container.sh(`for i in $(seq 200); do ${script} && exit 0; sleep 0.1; done; exit 1`, { timeout: 60 });

  test("udevns move while a key is held: the old owner loses it, the new one types", async () => {
    const { rig, udevns } = stage;
    // Open before the move: one that reads an input device, one that holds another kind.
    await c1.sh(`
      (cat $(ls -d /dev/input/event* | tail -n 1) > /dev/null 2> /tmp/revoked; echo "ended with $?" >> /tmp/revoked) &
      (exec 3< $(ls -d /dev/hidraw* | tail -n 1); exec sleep 600) > /dev/null 2>&1 &`);
    await settled(c1, "ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q hidraw");
    const [one, two] = [await first.fromNow(), await second.fromNow()];
    await rig.hands.press("m");
    await one.until(/KEY_M .*pressed/);
    expect(await c1.sh("cat /tmp/revoked")).toBe("");
    await udevns.json("move 1-3 c2");
    await two.until(/DEVICE_ADDED.*QEMU USB Keyboard/);
    await one.until(/DEVICE_REMOVED.*QEMU USB Keyboard/);

    // EVIOCREVOKE: what had it open reads ENODEV.
    await settled(c1, "grep -q 'ended with' /tmp/revoked");
    expect(await c1.sh("cat /tmp/revoked")).toMatch(/No such device\nended with 1/);
    // hidraw has no such word: who still holds it is named.
    const { stdout } = await udevns.command("status");
    expect(stdout).toMatch(/still open though taken: hidraw\d+ by sleep \(pid \d+, fd 3\) in c1/);

    await rig.hands.release("m");
    await rig.typeKeys(["n"]);
    await two.until(/KEY_N .*released/);
    expect(await one.text()).not.toContain("KEY_N");
    await udevns.json("release 1-3");
  }, 240_000);
};
