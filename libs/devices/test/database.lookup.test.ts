import { describe, expect, test } from "@jest/globals";
import { DeviceDatabase } from "../src/index.ts";
import { record } from "./support.ts";

const paths = (records: Iterable<{ devpath: string }>): string[] => Array.from(records, ({ devpath }) => devpath);

function database(): DeviceDatabase {
  const db = new DeviceDatabase();
  db.put(record("/devices/a", "usb", { devnum: { type: "c", major: 189, minor: 1 } }));
  db.put(record("/devices/a/plain/b", "input"));
  db.put(record("/devices/a/plain/b/event1", "input", { devnum: { type: "c", major: 13, minor: 65 } }));
  db.put(record("/devices/a/plain/b/event10", "input", { devnum: { type: "c", major: 13, minor: 74 } }));
  db.put(record("/devices/ab", "block", { devnum: { type: "b", major: 13, minor: 65 } }));
  return db;
}

describe("the database", () => {
  test("finds ancestors nearest first and skips directories that are no device", () => {
    expect(paths(database().ancestors("/devices/a/plain/b/event1"))).toEqual(["/devices/a/plain/b", "/devices/a"]);
  });

  test("finds the ancestors of a device that it does not know", () => {
    expect(paths(database().ancestors("/devices/a/plain/b/event1/x/y"))).toEqual([
      "/devices/a/plain/b/event1",
      "/devices/a/plain/b",
      "/devices/a",
    ]);
  });

  test("compares devpaths by component: event1 is not above event10, a not above ab", () => {
    const db = database();
    expect(paths(db.subtree("/devices/a/plain/b/event1"))).toEqual(["/devices/a/plain/b/event1"]);
    expect(paths(db.remove("/devices/a/plain/b/event1"))).toEqual(["/devices/a/plain/b/event1"]);
    expect(db.get("/devices/a/plain/b/event10")).toBeDefined();
    expect(paths(db.ancestors("/devices/ab"))).toEqual([]);
  });

  test("lists a subtree parents first, also from a directory that is no device", () => {
    expect(paths(database().subtree("/devices/a/plain"))).toEqual([
      "/devices/a/plain/b",
      "/devices/a/plain/b/event1",
      "/devices/a/plain/b/event10",
    ]);
  });

  test("removes children first", () => {
    const db = database();
    expect(paths(db.remove("/devices/a"))).toEqual([
      "/devices/a/plain/b/event10",
      "/devices/a/plain/b/event1",
      "/devices/a/plain/b",
      "/devices/a",
    ]);
    expect(db.size).toBe(1);
    expect(paths(db.bySubsystem("input"))).toEqual([]);
  });

  test("finds by device number, with character and block apart", () => {
    const db = database();
    expect(db.byDevnum({ type: "c", major: 13, minor: 65 })?.devpath).toBe("/devices/a/plain/b/event1");
    expect(db.byDevnum({ type: "b", major: 13, minor: 65 })?.devpath).toBe("/devices/ab");
  });

  test("gives a device number to the device that has it now, whatever is removed late", () => {
    const db = database();
    db.put(record("/devices/c", "input", { devnum: { type: "c", major: 13, minor: 65 } }));
    db.remove("/devices/a/plain/b/event1");
    expect(db.byDevnum({ type: "c", major: 13, minor: 65 })?.devpath).toBe("/devices/c");
  });

  test("finds by subsystem, and follows a record that changes its subsystem", () => {
    const db = database();
    db.put(record("/devices/ab", "scsi"));
    expect(paths(db.bySubsystem("block"))).toEqual([]);
    expect(paths(db.bySubsystem("scsi"))).toEqual(["/devices/ab"]);
    expect(db.byDevnum({ type: "b", major: 13, minor: 65 })).toBeUndefined();
  });

  test.each(["constructor", "__proto__", "hasOwnProperty"])("has no device named %s by itself", (name) => {
    const db = database();
    expect(db.get(`/devices/${name}`)).toBeUndefined();
    db.put(record(`/devices/a/${name}`, "input"));
    expect(db.get(`/devices/a/${name}`)?.devpath).toBe(`/devices/a/${name}`);
  });
});
