import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Container } from "../scenario/container.ts";
import { type Libinput, libinputIn } from "../scenario/libinput.ts";
import { PATIENCE, POLL } from "../scenario/patience.ts";
import { plugSerial } from "../scenario/serial-line.ts";
import type { Stage } from "../udevns/stage.ts";

/** Devices of other kinds, and several of them. */
export const devicesStory = (open: () => Stage) => () => {
  let stage: Stage;
  let c1: Container;
  let c2: Container;
  let first: Libinput;
  let second: Libinput;
  let scratch: string;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), "udevns-vm-test-"));
    stage = open();
    [c1, c2] = stage.containers;
    [first, second] = [await libinputIn(c1), await libinputIn(c2)];
  }, PATIENCE);

  afterAll(async () => {
    for (const watcher of [first, second]) await watcher?.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  /** Polls a condition in a container, then gives its output. */
  const until = async (container: Container, script: string): Promise<string> => {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const { code, stdout, stderr } = await container.run(script);
      if (code === 0) return stdout;
      if (Date.now() > deadline)
        throw new Error(`${container.name}: never succeeded: ${script}\n${stderr}\n${await stage.udevns.log()}`);
      await sleep(POLL);
    }
  };
  const gone = (container: Container, node: string) => until(container, `[ ! -e ${node} ]`);

  test("a mouse: its movements arrive", async () => {
    await stage.rig.plug("usb-mouse", "mouse");
    await first.until(/DEVICE_ADDED.*QEMU USB Mouse/);
    await stage.rig.moveMouse(20, 10);
    await first.until(/POINTER_MOTION/);
    await stage.rig.unplug("mouse");
    await first.until(/DEVICE_REMOVED.*QEMU USB Mouse/);
  }, 120_000);

  test("a serial adapter: data goes both ways", async () => {
    const line = await plugSerial(stage.rig, "serial");
    await until(c1, "stty -F /dev/ttyUSB0 raw -echo 9600");
    await c1.sh("echo from the container > /dev/ttyUSB0");
    await c1.run("timeout 20 head -n 1 /dev/ttyUSB0 > /tmp/line 2>&1 &");
    await sleep(2_000);
    line.send("to the container\n");
    expect(await until(c1, "grep . /tmp/line")).toBe("to the container\n");
    expect(line.received()).toBe("from the container\n");
    expect((await c2.run("ls /dev/ttyUSB0")).code).not.toBe(0);
    await stage.rig.unplug("serial");
    await gone(c1, "/dev/ttyUSB0");
    await line.close();
  }, 180_000);

  test("a stick: it can be read and not be mounted", async () => {
    const image = join(scratch, "stick");
    await writeFile(image, Buffer.alloc(16 << 20, "udevns "));
    await stage.rig.qmp("blockdev-add", { driver: "file", "node-name": "stick", filename: image });
    await stage.rig.plug("usb-storage", "storage", { drive: "stick" });
    expect(await until(c1, "dd if=/dev/sda bs=14 count=1 2>/dev/null | grep .")).toBe("udevns udevns \n");
    const mounted = await c1.run("mount -t ext4 /dev/sda /mnt");
    expect(mounted.code).not.toBe(0);
    await stage.rig.unplug("storage");
    await gone(c1, "/dev/sda");
  }, 180_000);

  test("a sound card: its nodes appear", async () => {
    await stage.rig.plug("usb-audio", "audio", { audiodev: "silence" });
    expect(await until(c1, "ls /dev/snd/pcmC0D0p /dev/snd/controlC0")).toMatch(/controlC0/);
    await stage.rig.unplug("audio");
    await gone(c1, "/dev/snd/controlC0");
  }, 180_000);

  test("two identical keyboards on a hub, one for each container", async () => {
    await stage.rig.plug("usb-hub", "hub", { port: "2" });
    await stage.rig.plug("usb-kbd", "left", { port: "2.1" });
    await first.until(/DEVICE_ADDED.*QEMU USB Keyboard/);
    await stage.rig.plug("usb-kbd", "right", { port: "2.2" });
    await second.until(/DEVICE_ADDED.*QEMU USB Keyboard/);

    const [one, two] = [await first.fromNow(), await second.fromNow()];
    // Typed on the one plugged last, that of c2.
    await stage.rig.typeKeys(["r"]);
    await two.until(/KEY_R .*released/);
    expect(await one.text()).not.toContain("KEY_R");
    await stage.rig.unplug("right");
    await two.until(/DEVICE_REMOVED.*QEMU USB Keyboard/);
    await stage.rig.typeKeys(["l"]);
    await one.until(/KEY_L .*released/);
    expect(await two.text()).not.toContain("KEY_L");
    expect(await one.text()).not.toContain("DEVICE_REMOVED");
  }, 240_000);

  test("plugged into another port it has another owner", async () => {
    const [one, two] = [await first.fromNow(), await second.fromNow()];
    await stage.rig.plug("usb-kbd", "wanderer", { port: "3" });
    await one.until(/DEVICE_ADDED.*QEMU USB Keyboard/);
    await stage.rig.unplug("wanderer");
    await one.until(/DEVICE_REMOVED.*QEMU USB Keyboard/);
    expect(await two.text()).toBe("");
    await stage.rig.plug("usb-kbd", "returned", { port: "2.2" });
    await two.until(/DEVICE_ADDED.*QEMU USB Keyboard/);
    await stage.rig.unplug("returned");
    await two.until(/DEVICE_REMOVED.*QEMU USB Keyboard/);
    const left = await first.fromNow();
    await stage.rig.unplug("left");
    await left.until(/DEVICE_REMOVED.*QEMU USB Keyboard/);
  }, 240_000);
};
