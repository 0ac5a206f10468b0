import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { host } from "../scenario/host.ts";
import { type Libinput, libinputIn } from "../scenario/libinput.ts";
import { fromKernel, fromUdev, type Monitor, monitorIn, outline, type UdevEvent } from "../scenario/monitor.ts";
import { PATIENCE } from "../scenario/patience.ts";
import { countSysfs } from "../scenario/sysfs.ts";
import type { Stage } from "../udevns/stage.ts";

/** What the kernel gives anew to an injected event. */
const RENUMBERED = ["SEQNUM"];

const comparable = ({ action, devpath, properties }: UdevEvent) => ({
  action,
  devpath,
  properties: Object.fromEntries(Object.entries(properties).filter(([key]) => !RENUMBERED.includes(key))),
});

const isEventNode = ({ devpath, action }: UdevEvent) => action === "add" && /\/event\d+$/.test(devpath);

/** A USB keyboard, from the plug to the container's libinput. */
export const keyboardStory = (open: () => Stage) => () => {
  let stage: Stage;
  let outside: Monitor;
  let inside: Monitor;
  let elsewhere: Monitor;
  let libinput: Libinput;
  let keyboard: string;

  beforeAll(async () => {
    stage = open();
    const [c1, c2] = stage.containers;
    [outside, inside, elsewhere] = [await monitorIn(host(stage.rig)), await monitorIn(c1), await monitorIn(c2)];
    libinput = await libinputIn(c1);
  }, PATIENCE);

  afterAll(async () => {
    for (const watcher of [outside, inside, elsewhere, libinput]) await watcher?.stop();
  });

  test("plugged in: every event of the host, in order, with its properties", async () => {
    const { rig, containers } = stage;
    const before = Number((await rig.sh("cut -d' ' -f1 /proc/uptime")).trim());
    await rig.plug("usb-kbd", "keyboard");
    const text = await libinput.until(/DEVICE_ADDED.*QEMU USB Keyboard/);
    // The last event of an insertion tells that the device itself has found its driver.
    const isLast = (event: UdevEvent) => event.action === "bind" && event.properties.DEVTYPE === "usb_device";
    const told = await outside.until("the end of the insertion", (events) => fromUdev(events).some(isLast));
    const plugged = fromKernel(told);
    keyboard = plugged[0]?.devpath ?? "";
    const heard = fromKernel(
      await inside.until("as many events", (events) => fromUdev(events).length >= plugged.length),
    );
    expect(outline(heard)).toEqual(outline(plugged));
    expect(heard.map(comparable)).toEqual(plugged.map(comparable));
    expect(await elsewhere.events()).toEqual([]);

    const sysfs = await countSysfs(host(rig), keyboard);
    const node = heard.find(isEventNode)?.properties.DEVNAME ?? "";
    // Birth: the other times are those of the container's udevd, which sets them when it has handled the event.
    // By another clock: the uptime is read before and after that, as each command takes its time here.
    const [earliest, made, now, latest] = (
      await rig.sh(
        `cut -d' ' -f1 /proc/uptime; stat -c %.3W /proc/${containers[0].pid}/root${node}; date +%s.%3N; cut -d' ' -f1 /proc/uptime`,
      )
    )
      .trim()
      .split("\n")
      .map(Number) as [number, number, number, number];
    const added = Number(/^([\d.]+) .*DEVICE_ADDED.*QEMU USB Keyboard/m.exec(text)?.[1]);
    const times = {
      "host kernel event": plugged.find(isEventNode)?.at ?? Number.NaN,
      "node in the container": (earliest + latest) / 2 - (now - made),
      "event in the container": heard.find(isEventNode)?.at ?? Number.NaN,
      "libinput DEVICE_ADDED": added,
    };
    const line = Object.entries(times).map(([what, at]) => `${what} +${Math.round((at - before) * 1000)} ms`);
    process.stdout.write(
      `keyboard: ${plugged.length} events, ${plugged.filter(({ action }) => action === "add").length} of them add, ` +
        `${sysfs.below + sysfs.elsewhere} sysfs entries\nafter device_add: ${line.join(", ")}\n`,
    );
    // Whoever hears of a node must be able to open it.
    expect(earliest - (now - made)).toBeLessThanOrEqual(times["event in the container"] + 0.02);
  }, 120_000);

  test("the container's udevd has handled each of them", async () => {
    const events = await inside.events();
    expect(outline(fromUdev(events)).sort()).toEqual(outline(fromKernel(events)).sort());
    const node = fromUdev(events).find(isEventNode);
    expect(node?.properties).toMatchObject({ ID_INPUT_KEYBOARD: "1" });
  });

  test("typed: the keys arrive in the container", async () => {
    await stage.rig.typeKeys(["h", "i"]);
    const text = await libinput.until(/KEY_I .*released/);
    expect(text).toMatch(/KEY_H .*pressed[\s\S]*KEY_H .*released[\s\S]*KEY_I .*pressed/);
  }, 90_000);

  test("unplugged: every event again, the nodes gone", async () => {
    const { rig, containers } = stage;
    const [c1] = containers;
    const [outsideBefore, insideBefore] = [fromKernel(await outside.events()), fromKernel(await inside.events())];
    await rig.unplug("keyboard");
    await libinput.until(/DEVICE_REMOVED.*QEMU USB Keyboard/);
    const isLast = ({ action, devpath }: UdevEvent) => action === "remove" && devpath === keyboard;
    const removed = fromKernel(
      await outside.until("the end of the removal", (events) => fromKernel(events).some(isLast)),
    );
    const heard = fromKernel(await inside.until("the end of the removal", (events) => fromUdev(events).some(isLast)));
    expect(outline(heard.slice(insideBefore.length))).toEqual(outline(removed.slice(outsideBefore.length)));
    expect(await elsewhere.events()).toEqual([]);
    const left = `find /dev/input /dev/bus /dev/hidraw* -type c 2>/dev/null; ls /run/udev/data 2>/dev/null`;
    expect((await c1.run(left)).stdout).toBe("");
  }, 120_000);
};
