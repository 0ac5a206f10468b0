import { expect, test } from "@jest/globals";
import type { DeviceRecord, UeventMessage } from "@udevns/protocol";
import fc from "fast-check";
import { DeviceDatabase, diffDevices, isBelowOrSame } from "../src/index.ts";
import { event, record } from "./support.ts";

/** One thing that happens in a kernel; numbers choose among the devices that are there. */
const step = fc.record({
  what: fc.constantFrom("add", "add", "add", "remove", "change", "bind", "unbind", "move", "replug"),
  which: fc.nat(),
  value: fc.nat({ max: 3 }),
  subsystem: fc.constantFrom("usb", "input", "hid", "block"),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A kernel's tree: what a fresh scan would find at the end, and all that was heard on the way. */
function live(steps: readonly Step[]): { tree: Map<string, DeviceRecord>; heard: UeventMessage[] } {
  const tree = new Map<string, DeviceRecord>();
  const heard: UeventMessage[] = [];
  let seqnum = 0;
  const say = (action: string, device: DeviceRecord, extra: Record<string, string> = {}): void => {
    const { devpath, subsystem, properties, attributes } = device;
    const more = {
      subsystem,
      properties: { ...properties, ...extra },
      attributes: action === "remove" ? {} : attributes,
    };
    heard.push(event(action, devpath, ++seqnum, more));
  };
  const put = (device: DeviceRecord): DeviceRecord => {
    tree.set(device.devpath, device);
    return device;
  };
  const below = (devpath: string): DeviceRecord[] =>
    [...tree.values()].filter((device) => isBelowOrSame(device.devpath, devpath));
  const remove = (devpath: string): void => {
    for (const device of below(devpath).sort((a, b) => b.devpath.length - a.devpath.length)) {
      tree.delete(device.devpath);
      say("remove", device);
    }
  };

  for (const { what, which, value, subsystem } of steps) {
    const known = [...tree.keys()];
    const chosen = known[which % Math.max(1, known.length)];
    // Names of which one begins with another, so that a comparison of strings would be caught.
    const name = `/event${[1, 10, 11, 100][value]}`;
    if (what === "add" || chosen === undefined) {
      const parent = which % 3 === 0 || chosen === undefined ? "/devices" : chosen + (value % 2 === 0 ? "/plain" : "");
      if (parent.split("/").length > 8 || tree.has(parent + name)) continue;
      const devtype: Record<string, string> = subsystem === "usb" && value < 2 ? { DEVTYPE: "usb_device" } : {};
      say(
        "add",
        put(record(parent + name, subsystem, { properties: { MAJOR: "13", MINOR: `${seqnum}`, ...devtype } })),
      );
      continue;
    }
    const device = tree.get(chosen)!;
    const { DRIVER: _, ...unbound } = device.properties;
    switch (what) {
      case "remove":
        remove(chosen);
        break;
      case "change":
        say("change", put({ ...device, attributes: { size: `${value}` } }), { DISK_MEDIA_CHANGE: "1" });
        break;
      case "bind":
        say("bind", put({ ...device, properties: { ...unbound, DRIVER: `d${value}` } }));
        break;
      case "unbind":
        say("unbind", put({ ...device, properties: unbound }));
        break;
      case "replug":
        remove(chosen);
        say("add", put({ ...device, properties: { ...unbound, MINOR: `${seqnum}` } }));
        break;
      case "move": {
        const to = `${chosen.slice(0, chosen.lastIndexOf("/"))}/moved${seqnum}`;
        const moved = below(chosen);
        for (const { devpath } of moved) tree.delete(devpath);
        for (const one of moved) put({ ...one, devpath: to + one.devpath.slice(chosen.length) });
        say("move", tree.get(to)!, { DEVPATH_OLD: chosen });
      }
    }
  }
  return { tree, heard };
}

/** All that can be asked of a database, less when and how it came to be known. */
function view(db: DeviceDatabase): unknown {
  const devices = [...db.all()].sort((a, b) => (a.devpath < b.devpath ? -1 : 1));
  return {
    size: db.size,
    devices: devices.map(({ devpath, subsystem, properties, attributes }) => ({
      devpath,
      subsystem,
      properties: Object.entries(properties).sort(),
      attributes,
      above: Array.from(db.ancestors(devpath), (device) => device.devpath),
      below: db.subtree(devpath).map((device) => device.devpath),
    })),
    units: Array.from(db.units(), ({ root, identity, devices: parts }) => [
      root,
      identity,
      parts.map(({ devpath }) => devpath),
    ]).sort(),
    numbers: devices.map(({ devnum }) => devnum && db.byDevnum(devnum)?.devpath),
  };
}

function scanned(tree: ReadonlyMap<string, DeviceRecord>): DeviceDatabase {
  const db = new DeviceDatabase();
  let seqnum = 0;
  for (const device of tree.values())
    db.apply(event("add", device.devpath, ++seqnum, { ...device, source: "scan", seqnum }));
  return db;
}

/** Each event once in order, with some heard again later, as after a reader's restart. */
function delivered(heard: readonly UeventMessage[], restarts: readonly number[]): UeventMessage[] {
  const stops = restarts.map((restart) => restart % (heard.length + 1)).sort((a, b) => a - b);
  const sent: UeventMessage[] = [];
  let at = 0;
  for (const stop of [...stops, heard.length]) {
    sent.push(...heard.slice(Math.max(0, at - 5), Math.max(at, stop)));
    at = Math.max(at, stop);
  }
  return sent;
}

const numRuns = Number(process.env.UDEVNS_FUZZ_RUNS ?? 150);

test("events in order, some of them twice, lead to what a fresh scan finds", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.array(fc.nat(), { maxLength: 4 }), (steps, restarts) => {
      const { tree, heard } = live(steps);
      const db = new DeviceDatabase();
      for (const one of delivered(heard, restarts)) db.apply(one);
      expect(view(db)).toEqual(view(scanned(tree)));
    }),
    { numRuns },
  );
});

test("units that are remembered are those that would be worked out anew", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const db = new DeviceDatabase();
      for (const one of live(steps).heard) {
        const before = new Map(Array.from(db.units(), (unit) => [unit.root, unit]));
        const { units } = db.apply(one);
        for (const unit of db.units()) {
          // A unit that the change does not name is the very same as before.
          if (!units.includes(unit.root as never)) expect(unit).toBe(before.get(unit.root));
        }
        const anew = new DeviceDatabase();
        for (const device of db.all()) anew.put(device);
        expect(view(db)).toEqual(view(anew));
      }
    }),
    { numRuns: Math.ceil(numRuns / 3) },
  );
});

test("what udev says late and in order ends at the device that it is about", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 30 }),
      fc.array(fc.nat({ max: 4 }), { minLength: 80, maxLength: 80 }),
      (steps, lags) => {
        const { heard } = live(steps);
        const db = new DeviceDatabase();
        const late: UeventMessage[] = [];
        const speak = (): void => {
          const one = late.shift();
          if (one !== undefined) db.apply(one);
        };
        heard.forEach((one, i) => {
          db.apply(one);
          late.push({ ...one, source: "udev", udev: { properties: { SAID: `${one.seqnum}` }, tags: [], links: [] } });
          for (let n = 0; n < lags[i % lags.length]!; n++) speak();
        });
        while (late.length > 0) speak();
        const kernel = new DeviceDatabase();
        for (const one of heard) kernel.apply(one);
        expect(view(db)).toEqual(view(kernel));
        for (const device of db.all()) {
          if (heard.some((one) => one.devpath === device.devpath)) expect(device.udev?.properties.SAID).toBeDefined();
        }
      },
    ),
    { numRuns },
  );
});

test("what a scan says after a loss leads to what is there, also when the lost events are heard after all", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(), fc.boolean(), (steps, cut, lateAfterAll) => {
      const { tree, heard } = live(steps);
      const kept = heard.slice(0, cut % (heard.length + 1));
      const db = new DeviceDatabase();
      for (const one of kept) db.apply(one);
      const { added, changed, removed } = diffDevices(db.all(), tree.values());
      const said: [string, readonly DeviceRecord[]][] = [
        ["remove", removed],
        ["change", changed],
        ["add", added],
      ];
      for (const [action, devices] of said) {
        for (const device of devices) {
          db.apply(event(action, device.devpath, heard.length, { ...device, source: "scan", seqnum: heard.length }));
        }
      }
      expect(view(db)).toEqual(view(scanned(tree)));
      if (lateAfterAll) for (const one of heard.slice(kept.length)) db.apply(one);
      expect(view(db)).toEqual(view(scanned(tree)));
    }),
    { numRuns },
  );
});
