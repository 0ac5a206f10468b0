import { describe, expect, test } from "@jest/globals";
import type { UeventDatagram } from "@udevns/native";
import { formatLibudevMessage } from "@udevns/uevent";
import { understand } from "../src/listen.ts";

const payload = Buffer.from("add@/devices/x\0ACTION=add\0DEVPATH=/devices/x\0SUBSYSTEM=mem\0SEQNUM=7\0");
const fromKernel: UeventDatagram = {
  payload,
  group: 1,
  portId: 0,
  sender: { pid: 0, uid: 0, gid: 0 },
  receivedAtNs: 1n,
};
const properties = { ACTION: "add", DEVPATH: "/devices/x", SUBSYSTEM: "mem", SEQNUM: "7" };
const fromUdev: UeventDatagram = {
  payload: formatLibudevMessage(properties, []),
  group: 2,
  portId: 99,
  sender: { pid: 99, uid: 0, gid: 0 },
  receivedAtNs: 1n,
};

describe("a datagram is taken for", () => {
  test("the kernel's when all says so", () => {
    expect(understand(fromKernel)).toMatchObject({ kind: "kernel", event: { action: "add", seqnum: 7 } });
  });

  test("udevd's when root sent libudev's form to udev's group", () => {
    expect(understand(fromUdev)).toMatchObject({ kind: "udev", event: { devpath: "/devices/x" } });
  });

  test.each([
    ["the sender has a pid", { sender: { pid: 5, uid: 0, gid: 0 } }],
    ["the sender has another uid", { sender: { pid: 0, uid: 1000, gid: 0 } }],
    ["there are no credentials", { sender: undefined }],
    ["it came from a port", { portId: 5 }],
    ["it was sent to this socket alone", { group: 0 }],
    ["it came by udev's group", { group: 2, portId: 5 }],
  ])("foreign when %s", (_, change) => {
    expect(understand({ ...fromKernel, ...change })).toEqual({ kind: "foreign" });
  });

  test("foreign when not root sent it in udev's name", () => {
    expect(understand({ ...fromUdev, sender: { pid: 99, uid: 1000, gid: 0 } })).toEqual({ kind: "foreign" });
  });

  test("malformed when it is the kernel's and cannot be read", () => {
    expect(understand({ ...fromKernel, payload: Buffer.from("nonsense") })).toMatchObject({ kind: "malformed" });
  });
});
