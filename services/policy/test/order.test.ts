import { describe, expect, test } from "@jest/globals";
import { checked, type DeviceRecord, DevnodeWork, type Grant, targetOf, type UeventMessage } from "@udevns/protocol";
import { type Cause, forget, give, take, tell } from "../src/order.ts";
import { container } from "./support/host.ts";
import { cause } from "./support/plan.ts";
import { DISK, event } from "./support/stick.ts";

const properties = { MAJOR: "8", MINOR: "0", DEVNAME: "sda", DEVTYPE: "disk" };
const device: DeviceRecord = {
  v: 1,
  host: "lab",
  boot: "b0",
  devpath: DISK,
  subsystem: "block",
  seqnum: 3,
  devnum: { type: "b", major: 8, minor: 0 },
  devname: "sda",
  properties,
  attributes: {},
};
const web = targetOf(container("web"));
const grant: Grant = {
  v: 1,
  host: "lab",
  container: web,
  device,
  unit: "/u",
  by: { kind: "rule", rule: "r" },
  share: false,
};
const heard = (action: string, more: Partial<UeventMessage> = {}): Cause => {
  const said = event(action, DISK, "block", 9, { properties: { ...properties, SYNTH_UUID: "0" }, ...more });
  return { ...cause, event: said };
};

describe("ids", () => {
  test.each([
    ["give", give(cause, grant), /^lab:b0:9\/give-sda-[0-9a-f]{12}\/b0:web:1$/],
    ["take", take(cause, grant), /^lab:b0:9\/take-sda-[0-9a-f]{12}\/b0:web:1$/],
    [
      "tell",
      tell(cause, web, device, event("change", DISK, "block", 9)),
      /^lab:b0:9\/tell-sda-[0-9a-f]{12}\/b0:web:1$/,
    ],
    ["forget", forget(cause, web), /^lab:b0:9\/forget\/b0:web:1$/],
  ])("of a %s names cause, work, device and life of the container", (_, order, id) => expect(order.id).toMatch(id));

  test("are the same for the same work, whatever the device has come to be", () => {
    const later = { ...grant, device: { ...device, seqnum: 99, attributes: { size: "1" } } };
    expect(give(cause, later).id).toBe(give(cause, grant).id);
  });

  test.each<[string, Cause, Grant]>([
    ["cause", { ...cause, id: "lab:b0:10" }, grant],
    ["device of the same name", cause, { ...grant, device: { ...device, devpath: `${DISK}/../sda` } }],
    ["life of the container", cause, { ...grant, container: targetOf(container("web", 2)) }],
    ["container", cause, { ...grant, container: targetOf(container("db")) }],
  ])("differ with the %s", (_, otherCause, otherGrant) =>
    expect(give(otherCause, otherGrant).id).not.toBe(give(cause, grant).id),
  );
});

describe("the event of an order", () => {
  test.each<[string, Cause, "give" | "take"]>([
    ["give caused by the kernel's add", heard("add"), "give"],
    ["take caused by the kernel's remove", heard("remove"), "take"],
  ])("of a %s is the kernel's own", (_, why, kind) => {
    const { uevent } =
      kind === "give" ? (give(why, grant) as { uevent: unknown }) : (take(why, grant) as { uevent: unknown });
    expect(uevent).toEqual({ action: why.event!.action, devpath: DISK, properties: why.event!.properties });
  });

  test.each<[string, Cause]>([
    ["no event", cause],
    ["a change of it", heard("change")],
    ["its removal", heard("remove")],
    ["an add that a scan worked out", heard("add", { source: "scan" })],
    ["an add that udev passed on", heard("add", { source: "udev" })],
    ["the add of another device", heard("add", { devpath: `${DISK}/sda1` })],
  ])("of a give caused by %s is what the kernel would have sent", (_, why) => {
    expect(give(why, grant)).toMatchObject({ kind: "give", uevent: { action: "add", devpath: DISK } });
    expect((give(why, grant) as { uevent: { properties: unknown } }).uevent.properties).toEqual({
      ACTION: "add",
      DEVPATH: DISK,
      SUBSYSTEM: "block",
      ...properties,
    });
  });

  test("of a take without one is the `remove` that the kernel would have sent", () => {
    expect(take(cause, grant)).toMatchObject({
      uevent: { action: "remove", properties: { ACTION: "remove", ...properties } },
    });
  });

  test("of a tell is passed on as it is", () => {
    const change = event("change", DISK, "block", 9, { properties: { DISK_EJECT_REQUEST: "1" } });
    expect(tell(cause, web, device, change)).toMatchObject({
      device,
      uevent: { action: "change", devpath: DISK, properties: { DISK_EJECT_REQUEST: "1" } },
    });
  });
});

test("every order is one by the schema, and carries its hops", () => {
  for (const order of [
    give(cause, grant),
    take(cause, grant),
    tell(cause, web, device, heard("change").event!),
    forget(cause, web),
  ]) {
    expect(checked(DevnodeWork, order, "order")).toBe(order);
    expect(order).toMatchObject({ host: "lab", boot: "b0", hops: { received: 1 }, container: web });
  }
});

test("a grant without a node is given without one", () => {
  expect(give(cause, grant)).not.toHaveProperty("node");
});
