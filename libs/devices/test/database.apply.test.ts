import { describe, expect, test } from "@jest/globals";
import type { UeventMessage } from "@udevns/protocol";
import { DeviceDatabase } from "../src/index.ts";
import { event, keyboard, keyboardRoot } from "./support.ts";

const path = "/devices/x/event1";
const udev = (properties: Record<string, string>): NonNullable<UeventMessage["udev"]> => ({
  properties,
  tags: [],
  links: [],
});

function after(...events: UeventMessage[]): { db: DeviceDatabase; kinds: string[] } {
  const db = new DeviceDatabase();
  return { db, kinds: events.map((one) => db.apply(one).kind) };
}

describe("a real keyboard", () => {
  test("is one unit from its first event to its last", () => {
    const db = new DeviceDatabase();
    for (const one of keyboard("add")) expect(db.apply(one).units).toEqual([keyboardRoot]);
    expect(db.size).toBe(12);
    expect(db.get(`${keyboardRoot}/1-1:1.0`)?.driver).toBe("usbhid");
    for (const one of keyboard("remove")) expect(db.apply(one).units).toEqual([keyboardRoot]);
    expect(db.size).toBe(0);
  });

  test("heard twice changes nothing the second time", () => {
    const db = new DeviceDatabase();
    for (const one of keyboard("add")) db.apply(one);
    for (const one of keyboard("add")) expect(db.apply(one).kind).toBe("none");
    for (const one of keyboard("remove")) db.apply(one);
    for (const one of [...keyboard("add"), ...keyboard("remove")]) expect(db.apply(one).kind).toBe("none");
    expect(db.size).toBe(0);
  });
});

describe("edges", () => {
  test("older than what is known change nothing", () => {
    const { db, kinds } = after(
      event("add", path, 5, { properties: { A: "5" } }),
      event("change", path, 7, { properties: { A: "7" } }),
      event("change", path, 6, { properties: { A: "6" } }),
    );
    expect(kinds).toEqual(["added", "changed", "none"]);
    expect(db.get(path)?.properties.A).toBe("7");
  });

  test("do not bring back a device that has gone", () => {
    const { db, kinds } = after(
      event("add", path, 5),
      event("remove", path, 9),
      event("add", path, 5),
      event("change", path, 8),
    );
    expect(kinds).toEqual(["added", "removed", "none", "none"]);
    expect(db.size).toBe(0);
  });

  test("that come before their device is known to have gone are remembered as a grave", () => {
    expect(after(event("remove", path, 9), event("add", path, 5), event("add", path, 12)).kinds).toEqual([
      "none",
      "none",
      "added",
    ]);
  });

  test("of another boot count anew", () => {
    const { db, kinds } = after(event("add", path, 500), event("add", path, 3, { boot: "b1" }));
    expect(kinds).toEqual(["added", "changed"]);
    expect(db.get(path)?.boot).toBe("b1");
  });

  test("take what still hangs below along, children first", () => {
    const { db } = after(event("add", "/devices/x", 1), event("add", path, 2), event("add", `${path}/y`, 3));
    const change = db.apply(event("remove", "/devices/x", 4));
    expect(change.kind === "removed" && change.removed.map(({ devpath }) => devpath)).toEqual([
      `${path}/y`,
      path,
      "/devices/x",
    ]);
    expect(db.apply(event("add", path, 2)).kind).toBe("none");
  });

  test("replace the device number at a re-enumeration", () => {
    const { db } = after(
      event("add", path, 1, { properties: { MAJOR: "13", MINOR: "65" } }),
      event("remove", path, 2),
      event("add", path, 3, { properties: { MAJOR: "13", MINOR: "70" } }),
    );
    expect(db.byDevnum({ type: "c", major: 13, minor: 65 })).toBeUndefined();
    expect(db.byDevnum({ type: "c", major: 13, minor: 70 })?.devpath).toBe(path);
  });

  test("unbind takes the driver away and leaves the modalias, which the kernel does not repeat", () => {
    const { db } = after(
      event("add", path, 1, { properties: { MODALIAS: "usb:x" } }),
      event("bind", path, 2, { properties: { MODALIAS: "usb:x", DRIVER: "usbhid" } }),
      event("unbind", path, 3, { properties: {} }),
    );
    expect(db.get(path)).toMatchObject({ properties: { MODALIAS: "usb:x" } });
    expect(db.get(path)?.driver).toBeUndefined();
  });

  test("leave no properties behind that were about the event", () => {
    const { db } = after(
      event("add", path, 1, { properties: { ACTION: "add", SEQNUM: "1", SYNTH_UUID: "0", TRIGGER: "none", EV: "3" } }),
    );
    expect(db.get(path)?.properties).toEqual({ EV: "3" });
  });

  test("say of a value what the device's uevent file shows: a processor's ends with a newline in the event alone", () => {
    const { db } = after(event("change", path, 1, { properties: { MODALIAS: "cpu:type:x86\n" } }));
    expect(db.get(path)?.properties).toEqual({ MODALIAS: "cpu:type:x86" });
  });

  test("with no attributes, as of a device that is just going, leave the known ones", () => {
    const { db } = after(event("add", path, 1, { attributes: { name: "n" } }), event("change", path, 2));
    expect(db.get(path)?.attributes).toEqual({ name: "n" });
  });

  test.each([
    ["kernel", "inserted"],
    ["scan", "present"],
  ] as const)("from %s tell that the device is %s", (source, arrival) => {
    expect(after(event("add", path, 1, { source })).db.get(path)?.arrival).toBe(arrival);
  });
});

describe("a scan", () => {
  const scan = (action: string, seqnum: number, size: string) =>
    event(action, path, seqnum, { source: "scan", attributes: { size } });

  test("refines at the seqnum of the last event, and repeats itself without effect", () => {
    const { db, kinds } = after(
      event("add", path, 5, { attributes: { size: "0" } }),
      scan("change", 5, "9"),
      scan("change", 5, "9"),
    );
    expect(kinds).toEqual(["added", "changed", "none"]);
    expect(db.get(path)?.attributes.size).toBe("9");
  });

  test("does not take back what was heard after it had begun", () => {
    expect(after(event("add", path, 6), scan("change", 5, "9"), scan("remove", 5, "")).kinds).toEqual([
      "added",
      "none",
      "none",
    ]);
  });

  test("puts another device in the place of one that is gone, at one seqnum", () => {
    const { db, kinds } = after(
      event("add", path, 5),
      scan("remove", 9, ""),
      scan("add", 9, "7"),
      event("change", path, 8),
    );
    expect(kinds).toEqual(["added", "removed", "added", "none"]);
    expect(db.get(path)?.attributes.size).toBe("7");
  });
});

describe("udev", () => {
  test("adds its words and rolls nothing back", () => {
    const { db, kinds } = after(
      event("add", path, 1, { properties: { A: "1" } }),
      event("change", path, 2, { properties: { A: "2" } }),
      event("add", path, 1, { source: "udev", properties: { A: "1" }, udev: udev({ ID_X: "1" }) }),
    );
    expect(kinds).toEqual(["added", "changed", "changed"]);
    expect(db.get(path)).toMatchObject({ seqnum: 2, properties: { A: "2" }, udev: { properties: { ID_X: "1" } } });
  });

  test("heard twice changes nothing the second time", () => {
    const said = event("add", path, 1, { source: "udev", udev: udev({ ID_X: "1" }) });
    expect(after(event("add", path, 1), said, said).kinds).toEqual(["added", "changed", "none"]);
  });

  test("is not believed of an earlier device on the same path", () => {
    const { db } = after(
      event("add", path, 1),
      event("remove", path, 2),
      event("add", path, 3),
      event("add", path, 1, { source: "udev", udev: udev({ ID_X: "old" }) }),
    );
    expect(db.get(path)?.udev).toBeUndefined();
  });

  test("is forgotten when a new device comes without its removal having been heard, not when somebody triggers", () => {
    const said = event("add", path, 1, { source: "udev", udev: udev({ ID_X: "1" }) });
    expect(after(event("add", path, 1), said, event("add", path, 5)).db.get(path)?.udev).toBeUndefined();
    const trigger = event("add", path, 5, { properties: { SYNTH_UUID: "0" } });
    expect(after(event("add", path, 1), said, trigger).db.get(path)?.udev?.properties.ID_X).toBe("1");
  });
});
