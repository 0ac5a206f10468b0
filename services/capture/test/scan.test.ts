import { expect, test } from "@jest/globals";
import { DeviceDatabase } from "@udevns/devices";
import type { UeventDatagram } from "@udevns/native";
import type { DeviceRecord, UeventMessage } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { Capture } from "../src/capture.ts";
import type { CaptureConfig } from "../src/config.ts";
import type { Outlet } from "../src/outlet.ts";

// Scans of the real /sys, with a device known that is not there, below one that is.
const ALIVE = "/devices/virtual/mem/null";
const ghost: DeviceRecord = {
  v: 1,
  host: "a",
  boot: "b",
  devpath: `${ALIVE}/ghost`,
  subsystem: "mem",
  seqnum: 1,
  properties: {},
  attributes: {},
} as DeviceRecord;

const change = (seqnum: number): UeventDatagram => ({
  payload: Buffer.from(
    `change@${ALIVE}\0ACTION=change\0DEVPATH=${ALIVE}\0SUBSYSTEM=mem\0MAJOR=1\0MINOR=3\0DEVNAME=null\0SEQNUM=${seqnum}\0`,
  ),
  group: 1,
  portId: 0,
  sender: { pid: 0, uid: 0, gid: 0 },
  receivedAtNs: 1n,
});

/** @param speaks whether the kernel speaks of the device while capture looks for that time */
function capture(speaks: (look: number) => boolean) {
  const said: UeventMessage[] = [];
  const outlet = { publish: (message: UeventMessage) => said.push(message) > 0 } as unknown as Outlet;
  const context = {
    host: "a",
    boot: "b",
    counters: { add: () => undefined },
    log: { info: () => undefined },
    fail: (error: unknown) => {
      throw error;
    },
  } as unknown as ServiceContext;
  let settled = 0;
  const capture: Capture = new Capture(
    context,
    { extraAttributes: [] } as unknown as CaptureConfig,
    outlet,
    async () => {
      settled += 1;
      // A look begins and ends with it.
      if (settled % 2 === 0 && speaks(settled / 2)) capture.hear([change(1_000_000_000 + settled)]);
    },
  );
  const isToldGone = () => said.some(({ action, devpath }) => action === "remove" && devpath === ghost.devpath);
  return { capture, isToldGone };
}

const known = async () => {
  const database = new DeviceDatabase();
  database.put(ghost);
  return database;
};
const stored = async () => undefined;

test("what a scan left out, as the kernel spoke of a device above it, is said by the next look", async () => {
  const { capture: one, isToldGone } = capture((look) => look === 1);
  await one.scanAgainst(known, stored);
  expect(isToldGone()).toBe(true);
});

test("who asks in a storm is told that something was left out", async () => {
  const { capture: one, isToldGone } = capture(() => true);
  await expect(one.scanAgainst(known, stored)).rejects.toMatchObject({ code: "UDEVNS_E_SCAN" });
  expect(isToldGone()).toBe(false);
});

test("what the kernel itself has said anew is not left out", async () => {
  const { capture: one } = capture(() => true);
  await one.scanAgainst(async () => new DeviceDatabase(), stored);
});

test("a scan that nobody asked for says behind the storm what it left out", async () => {
  let storm = true;
  const { capture: one, isToldGone } = capture(() => storm);
  one.remember([ghost]);
  await one.scan("start");
  expect(isToldGone()).toBe(false);
  storm = false;
  while (!isToldGone()) await new Promise((resolve) => setTimeout(resolve, 50));
  one.close();
});
