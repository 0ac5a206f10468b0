import { describe, expect, test } from "@jest/globals";
import { DeviceDatabase } from "../src/index.ts";
import { event, record } from "./support.ts";

const from = "/devices/pci0/net/eth0";
const to = "/devices/pci0/net/lan";
const move = (seqnum: number) =>
  event("move", to, seqnum, { subsystem: "net", properties: { DEVPATH_OLD: from, INTERFACE: "lan" } });

describe("a rename", () => {
  test("takes what hangs below along, which the kernel does not tell of", () => {
    const db = new DeviceDatabase();
    db.put(record(from, "net"));
    db.put(record(`${from}/queues/rx-0`, "queues"));
    db.put(record("/devices/pci0/net/eth01", "net"));
    const change = db.apply(move(5));
    expect(change).toMatchObject({ kind: "moved", from, device: { devpath: to, properties: { INTERFACE: "lan" } } });
    expect(change.units).toEqual(expect.arrayContaining([from, to]));
    expect([...db.all()].map(({ devpath }) => devpath).sort()).toEqual([
      "/devices/pci0/net/eth01",
      to,
      `${to}/queues/rx-0`,
    ]);
  });

  test("of a device that is not known is its arrival", () => {
    const db = new DeviceDatabase();
    expect(db.apply(move(5))).toMatchObject({ kind: "added", device: { devpath: to } });
  });

  test("heard twice changes nothing the second time", () => {
    const db = new DeviceDatabase();
    db.put(record(from, "net"));
    db.apply(move(5));
    expect(db.apply(move(5)).kind).toBe("none");
    expect(db.apply(event("change", from, 4, { subsystem: "net" })).kind).toBe("none");
    expect(db.size).toBe(1);
  });

  test("that a scan has seen already removes the old name", () => {
    const db = new DeviceDatabase();
    db.put(record(from, "net"));
    db.put(record(to, "net", { seqnum: 7 }));
    expect(db.apply(move(5))).toMatchObject({ kind: "removed", device: { devpath: from } });
    expect([...db.all()].map(({ devpath }) => devpath)).toEqual([to]);
  });
});
