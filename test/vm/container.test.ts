import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Rig } from "./driver/rig.ts";
import { Container } from "./scenario/container.ts";
import { host } from "./scenario/host.ts";
import { libinputIn } from "./scenario/libinput.ts";
import { fromKernel, fromUdev, monitorIn, outline } from "./scenario/monitor.ts";
import { countSysfs } from "./scenario/sysfs.ts";

/** Without udevns: what a stock kernel shows the host and an unprivileged container of a keyboard. */
describe("a keyboard before udevns", () => {
  let rig: Rig;
  let container: Container;

  beforeAll(async () => {
    rig = await Rig.boot();
    container = await Container.start(rig, "c1");
    // The first plug also loads the drivers, whose own events would be counted.
    await rig.sh("modprobe usbhid && modprobe hid_generic && udevadm settle");
  }, 720_000);

  afterAll(() => rig?.close());

  test("the container is unprivileged, mapped, and has its own udevd", async () => {
    expect(await container.sh("cat /proc/self/uid_map")).toMatch(/^\s*0\s+100000\s+65536\s*$/);
    expect(await container.sh("cat /proc/*/comm 2>/dev/null | grep -c systemd-udevd")).toBe("1\n");
    expect(await container.namespace("net")).not.toBe(Number(await rig.sh("stat -L -c %i /proc/1/ns/net")));
  });

  test("every event of the insertion and the removal reaches the host and none the container", async () => {
    const [outside, inside] = [await monitorIn(host(rig)), await monitorIn(container)];
    await rig.plug("usb-kbd", "keyboard");
    const added = await outside.until("20 kernel events of a plugged keyboard", (events) => {
      const last = fromKernel(events).at(-1);
      return last?.action === "bind" && last.properties.DEVTYPE === "usb_device";
    });
    const [first] = fromKernel(added);
    const entries = await countSysfs(host(rig), first?.devpath ?? "/missing");
    process.stdout.write(
      `keyboard: ${fromKernel(added).length} events, ${fromKernel(added).filter((e) => e.action === "add").length} add, ` +
        `${entries.below + entries.elsewhere} sysfs entries\n`,
    );
    expect(entries.below).toBeGreaterThan(100);
    expect(fromKernel(added).map((e) => e.properties.SUBSYSTEM)).toEqual(
      expect.arrayContaining(["usb", "hid", "input", "hidraw"]),
    );
    await outside.until(
      "the host's udevd has done them all",
      (events) => fromUdev(events).length >= fromKernel(added).length,
    );

    await rig.unplug("keyboard");
    const all = await outside.until("the keyboard's removal", (events) =>
      outline(fromKernel(events)).includes(`remove ${first?.devpath}`),
    );
    for (const event of fromKernel(all).filter((e) => e.action === "add")) {
      expect(outline(all)).toContain(`remove ${event.devpath}`);
    }
    expect(await inside.events()).toEqual([]);
  });

  test("libinput runs in the container and sees nothing", async () => {
    const libinput = await libinputIn(container);
    await rig.plug("usb-kbd", "unseen");
    await rig.sh("udevadm settle");
    expect(await libinput.text()).not.toContain("DEVICE_ADDED");
    await rig.unplug("unseen");
    await libinput.stop();
  });
});
