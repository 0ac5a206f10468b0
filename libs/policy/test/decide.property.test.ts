import { expect, test } from "@jest/globals";
import { DeviceDatabase } from "@udevns/devices";
import type { Claim } from "@udevns/protocol";
import fc from "fast-check";
import {
  type CompiledPolicy,
  type DecisionInput,
  decide,
  explain,
  parsePolicy,
  type UnitDecision,
} from "../src/index.ts";
import { claimOn, example, host, running } from "./support.ts";

const names = [
  "keyboard-left",
  "keyboard-right",
  "stick",
  "modem",
  "meter",
  "gpu",
  "webcam",
  "gamepad",
  "bluetooth-keyboard",
  "zram",
  "hub-left",
  "disk",
];
const world = names.flatMap(example);

const one = <T>(key: string, ...values: T[]) => fc.constantFrom(...values).map((value) => ({ [key]: value }));
const condition = fc.oneof(
  one<unknown>("subsystem", "input", "usb", "tty", ["block", "drm"], "*put", "in*"),
  one<unknown>("class", "keyboard", ["storage", "gpu"], "serial"),
  one("vendor", "046d", "0403", "0781"),
  one<unknown>("product", "c31c", ["6001", "5581"]),
  one("serial", "A50285BI", "A5*", "4C530001", "*"),
  one<unknown>("port", "1-1.*", "1-4", ["1-5", "1-3"], "*usb-0:1.2"),
  one("devname", "input/*", "/dev/zram1", "*USB?", "dri/renderD128"),
  one("kernel", "event3", "event*", "1-1"),
  one("devtype", "usb_device", "partition"),
  one("driver", "usbhid", "ftdi_sio", "xhci_hcd"),
  one("pci", "0000:00:14.0", "0000:00:02.0"),
  one<unknown>("attribute", { manufacturer: "FTDI" }, { idVendor: "046d", product: "USB*" }),
  one<unknown>("property", { ID_BUS: "usb" }, { PCI_CLASS: "30000" }, { ID_SERIAL_SHORT: "A5*", ID_BUS: "*" }),
  one("link", "serial/by-id/*", "disk/by-label/BACKUP"),
  one<unknown>("udev", 'SUBSYSTEM=="tty"', 'ATTRS{idVendor}=="0403|0781"', [
    'KERNEL=="zram1"',
    'KERNEL=="sdb", ENV{ID_BUS}=="usb"',
  ]),
  one("when", "device.subsystem == 'drm'", "'keyboard' in classes", "size(device.links) > 0"),
  one("host", "lab", "other"),
);
const plain = fc.array(condition, { minLength: 1, maxLength: 3 }).map((parts) => Object.assign({}, ...parts) as object);
const match = fc
  .tuple(
    plain,
    fc.option(fc.constantFrom("any-of", "all-of", "none-of")),
    fc.array(plain, { minLength: 1, maxLength: 2 }),
  )
  .map(([base, operator, parts]) => (operator === null ? base : { ...base, [operator]: parts }));
const outcome = fc.oneof(
  fc.constant({ deny: true }),
  fc.record({
    give: fc.constantFrom<object>(
      { container: "left" },
      { container: ["left", "right"], share: true },
      { labels: { group: "desks" } },
      { container: "gone", absent: "next" },
      { container: "gone", absent: "host" },
      { "owner-of-port": true, absent: "next" },
      { runtime: "docker", omit: [{ subsystem: "hidraw" }], "host-links": true },
    ),
  }),
);
const rules = fc
  .array(fc.tuple(match, outcome), { minLength: 1, maxLength: 8 })
  .map((all) => all.map(([match, outcome], i) => ({ name: `r${i}`, match, ...outcome })));

function compiled(file: object[]): CompiledPolicy | undefined {
  const parsed = parsePolicy([{ file: "made.yaml", text: JSON.stringify({ version: 1, rules: file }) }]);
  // A made rule may contradict itself, and is refused then.
  return "policy" in parsed ? parsed.policy : undefined;
}

const chosenClaims = fc.subarray(["stick", "hub-left", "gpu"]).map((chosen) => {
  const db = new DeviceDatabase();
  for (const device of world) db.put(device);
  return chosen.map((name): Claim => claimOn(db.unitOf(example(name).at(-1)!.devpath)!.identity, ["builder"]));
});

const inputs = (policy: CompiledPolicy, db: DeviceDatabase, claims: Claim[], hostUdev: boolean): DecisionInput[] =>
  Array.from(db.units(), (unit) => ({
    policy,
    db,
    unit,
    containers: running(),
    claims,
    host,
    now: new Date(0),
    hostUdev,
  }));

const numRuns = Number(process.env.UDEVNS_FUZZ_RUNS ?? 60);

test("the index leaves out no rule that would have won: decide and explain always agree", () => {
  fc.assert(
    fc.property(rules, chosenClaims, fc.boolean(), (file, claims, hostUdev) => {
      const policy = compiled(file);
      fc.pre(policy !== undefined);
      const db = new DeviceDatabase();
      for (const device of world) db.put(device);
      for (const input of inputs(policy, db, claims, hostUdev)) expect(decide(input)).toEqual(explain(input).decision);
    }),
    { numRuns },
  );
});

test("a decision hangs on the present state alone, not on the order in which devices, containers and claims came", () => {
  const orders = fc.tuple(
    fc.shuffledSubarray(world, { minLength: world.length }),
    fc.shuffledSubarray(running(), { minLength: 4 }),
  );
  fc.assert(
    fc.property(rules, chosenClaims, orders, (file, claims, [devices, containers]) => {
      const policy = compiled(file);
      fc.pre(policy !== undefined);
      const straight = new DeviceDatabase();
      for (const device of world) straight.put(device);
      const shuffled = new DeviceDatabase();
      for (const device of devices) shuffled.put(device);
      for (const input of inputs(policy, straight, claims, false)) {
        const other = {
          ...input,
          db: shuffled,
          unit: shuffled.unit(input.unit.root)!,
          containers,
          claims: claims.toReversed(),
        };
        expect(decide(other)).toEqual(decide(input));
      }
    }),
    { numRuns: Math.ceil(numRuns / 2) },
  );
});

test("a decision on a host whose udev is silent is never one that udev's word could overturn, but for what is given", () => {
  fc.assert(
    fc.property(rules, (file) => {
      const policy = compiled(file);
      fc.pre(policy !== undefined);
      const silent = new DeviceDatabase();
      for (const { udev: _, ...device } of world) silent.put(device);
      const told = new DeviceDatabase();
      for (const device of world) told.put({ ...device, udev: device.udev ?? { properties: {}, tags: [], links: [] } });
      for (const input of inputs(policy, silent, [], true)) {
        const early = decide(input);
        if (early.kind === "pending") continue;
        const late = decide({ ...input, db: told, unit: told.unit(input.unit.root)! });
        const word = ({ kind, ...rest }: UnitDecision) => [
          kind,
          "by" in rest && rest.by,
          "owners" in rest && rest.owners,
        ];
        expect(word(early)).toEqual(word(late));
      }
    }),
    { numRuns },
  );
});
