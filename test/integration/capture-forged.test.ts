import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openPidfd, openUeventSender } from "@udevns/native";
import { formatLibudevMessage, formatUevent } from "@udevns/uevent";
import { type LoneServices, startBusForServices } from "../support/lone-services.ts";
import { pokeUevent } from "../support/synthetic.ts";
import { hearCapture } from "../support/uevent-log.ts";
import { until } from "../support/until.ts";
import { plugZram } from "../support/zram.ts";

const NULL = "/devices/virtual/mem/null";
const ROOT = { uid: 0, gid: 0 };
const NOBODY = { uid: 65_534, gid: 65_534 };
const forged = (devpath: string) => ({
  action: "add",
  devpath,
  properties: { SUBSYSTEM: "block", MAJOR: "8", MINOR: "0", DEVNAME: "forged", SEQNUM: "1" },
});
const libudev = (devpath: string) => {
  const { action, properties } = forged(devpath);
  return formatLibudevMessage({ ACTION: action, DEVPATH: devpath, ...properties }, []);
};

let services: LoneServices;

beforeAll(async () => {
  services = await startBusForServices();
  await services.start("capture");
});
afterAll(async () => {
  await services?.stop();
});

test("what a process sends in the kernel's or udev's name is counted, dropped and never published", async () => {
  const heard = await hearCapture(services);
  const self = openPidfd(process.pid);
  const sender = openUeventSender(self);
  try {
    // As root it comes from port 0 by the kernel's group, and only the pid in its credentials tells it from the kernel's own.
    sender.sendKernel(formatUevent(forged("/devices/forged-as-root")), ROOT);
    sender.sendKernel(formatUevent(forged("/devices/forged-as-nobody")), NOBODY);
    sender.sendUdev(libudev("/devices/forged-as-udev"), NOBODY);
    sender.sendUdev(Buffer.from("not libudev's\0"), ROOT);
  } finally {
    sender.close();
    self.close();
  }
  pokeUevent(NULL, 1);
  await until(() => heard.some(({ event }) => event.devpath === NULL), "a true event behind the forged ones");
  expect(heard.filter(({ event }) => event.devpath.includes("forged"))).toEqual([]);
  await until(() => (services.status("capture")?.counters.uevents_dropped_foreign ?? 0) >= 4, "the count");
});

test("a message as if by udevd, from root, changes nothing of the device it names but what udev's database says", async () => {
  const zram = plugZram();
  const heard = await hearCapture(services);
  const self = openPidfd(process.pid);
  const sender = openUeventSender(self);
  try {
    const [major = ""] = zram.devnum.split(":");
    const lie = {
      ACTION: "change",
      DEVPATH: zram.devpath,
      SUBSYSTEM: "block",
      MAJOR: String(Number(major) + 1),
      MINOR: "0",
      SEQNUM: "9999999999",
    };
    sender.sendUdev(formatLibudevMessage(lie, []), ROOT);
    sender.sendUdev(formatLibudevMessage({ ...lie, ACTION: "remove" }, []), ROOT);
    pokeUevent(NULL, 2);
    await until(
      () => heard.some(({ event }) => event.devpath === NULL && event.source === "kernel"),
      "a true event behind it",
    );
    for (const { event } of heard.filter(({ event: { devpath } }) => devpath === zram.devpath)) {
      expect(event).toMatchObject({ action: expect.not.stringMatching(/^remove$/), properties: { MAJOR: major } });
      expect(event.seqnum).toBeLessThan(9_999_999_999);
    }
  } finally {
    sender.close();
    self.close();
    zram.unplug();
  }
});
