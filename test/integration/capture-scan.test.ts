import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { call } from "@udevns/bus";
import { DeviceDatabase } from "@udevns/devices";
import { ScanReply, subjects } from "@udevns/protocol";
import { type LoneServices, startBusForServices } from "../support/lone-services.ts";
import { pokeUevent } from "../support/synthetic.ts";
import { hearCapture } from "../support/uevent-log.ts";
import { until } from "../support/until.ts";
import { plugZram } from "../support/zram.ts";

/** So small that a handful of events fills it; the kernel grants at least 2,304 bytes, socket(7). */
const TINY = { UDEVNS_RCVBUF: "1" };

let services: LoneServices;
let heard: Awaited<ReturnType<typeof hearCapture>>;

beforeAll(async () => {
  services = await startBusForServices(TINY);
  heard = await hearCapture(services);
  await services.start("capture");
});
afterAll(async () => {
  await services?.stop();
});

const counter = (name: string) => services.status("capture")?.counters[name] ?? 0;

/** Names of block devices that somebody who had heard everything would think present. */
function blocksAsSaid(): string[] {
  const said = new DeviceDatabase();
  for (const { event } of heard) said.apply(event);
  return [...said.bySubsystem("block")].map(({ devname }) => devname ?? "").sort();
}
const blocksInSys = () => readdirSync("/sys/class/block").sort();

describe("capture scans /sys", () => {
  test("at its start, and says each device that is there, parents first", async () => {
    await until(() => blocksAsSaid().join() === blocksInSys().join(), "the coldplug");
    const { event } = heard.find(({ event: { devpath } }) => devpath === "/devices/virtual/mem/null")!;
    expect(event).toMatchObject({
      source: "scan",
      action: "add",
      properties: { DEVNAME: "null", MAJOR: "1", MINOR: "3" },
    });
  });

  test("when the kernel had to drop events, so that what it has said is again what there is", async () => {
    const before = counter("scans");
    const zrams = Array.from({ length: 40 }, () => plugZram());
    try {
      // Stopped, capture reads nothing, however quick the machine is.
      const pid = services.status("capture")!.pid;
      process.kill(pid, "SIGSTOP");
      for (const { devpath } of zrams) for (let number = 0; number < 10; number += 1) pokeUevent(devpath, number);
      for (const zram of zrams.slice(20)) zram.unplug();
      process.kill(pid, "SIGCONT");
      await until(() => counter("overflows_socket") > 0 && counter("scans") > before, "an overflow and a scan");
      await until(() => blocksAsSaid().join() === blocksInSys().join(), "the difference to be said");
    } finally {
      for (const zram of zrams) zram.unplug();
    }
    await until(() => blocksAsSaid().join() === blocksInSys().join(), "the rest to be said");
  });

  test("on demand, and finds nothing to say when nothing changed", async () => {
    const scan = () => call(services.bus, subjects.rpc(services.host, "scan"), {}, ScanReply);
    // Others on this kernel may change something between two.
    await until(async () => {
      const { added, removed, changed } = await scan();
      return added + removed + changed === 0;
    }, "a scan that finds nothing");
  });
});
