import { expect, test } from "@jest/globals";
import type { UnitDecision } from "@udevns/policy";
import { container, inWords } from "./support/host.ts";
import { grantsOf, owned, plan, stick } from "./support/plan.ts";

const web = container("web");
const unit = stick();
const held = () => grantsOf(plan(unit, owned(unit, [web])));
const words = ({ orders }: ReturnType<typeof plan>) => inWords({ orders, decisions: [] });

const gives = ["give web 1-1", "give web 1-1:1.0", "give web sda", "give web sda1"];
const takes = ["take web sda1", "take web sda", "take web 1-1:1.0", "take web 1-1"];
const by = { kind: "rule", rule: "usb" } as const;

test.each<[string, UnitDecision, string[]]>([
  ["is denied", { kind: "denied", rule: "usb" }, takes],
  ["is nobody's", { kind: "unowned" }, takes],
  ["waits for a container", { kind: "waiting", by, container: "x" }, takes],
  ["is in conflict", { kind: "conflict", by, containers: ["web", "x"] }, takes],
  ["stays", owned(unit, [web]), []],
  [
    "waits for udev: nothing is known yet that would justify a take",
    { kind: "pending", rule: "usb", needs: "udev" },
    [],
  ],
])("of a unit that %s", (_, decision, orders) => expect(words(plan(unit, decision, held()))).toEqual(orders));

test("all takes come before any give, children first; gives parents first", () => {
  const moved = plan(unit, owned(unit, [container("db")]), held());
  expect(words(moved)).toEqual([...takes, ...gives.map((give) => give.replace("web", "db"))]);
  expect(moved.taken.map(({ device }) => device.devpath)).toEqual(unit.devices.map(({ devpath }) => devpath).reverse());
});

test("what is given is told as it is ordered", () => {
  const { given, orders } = plan(unit, owned(unit, [web]));
  expect(words({ given, orders, taken: [] })).toEqual(gives);
  expect(given).toHaveLength(4);
  expect(given[2]).toMatchObject({ v: 1, host: "lab", unit: unit.root, by, share: true, node: { path: "sda" } });
  expect(given[2]!.container).not.toHaveProperty("labels");
});

test.each([
  [
    "mode",
    ', mode: "0600"',
    ["take web sda1", "take web sda", "take web 1-1", "give web 1-1", "give web sda", "give web sda1"],
  ],
  ["name", ", nodes: [{ match: { devtype: disk }, name: stick }]", ["take web sda", "give web sda"]],
  ["links", ", nodes: [{ match: { devtype: disk }, links: stick }]", ["take web sda", "give web sda"]],
])("a node with another %s is another grant", (_, more, orders) => {
  expect(words(plan(unit, owned(unit, [web], more), held()))).toEqual(orders);
});

test("so is one with another number", () => {
  const other = stick(16);
  expect(words(plan(other, owned(other, [web]), held()))).toEqual(["take web sda", "give web sda"]);
});

test("so is the same one for another life of the container", () => {
  const next = container("web", 2);
  const orders = plan(unit, owned(unit, [next]), held()).orders;
  expect(orders.map((order) => [order.kind, order.container.instance])).toEqual([
    ...takes.map(() => ["take", web.instance]),
    ...gives.map(() => ["give", next.instance]),
  ]);
});

test("a container that joins others gets its own and moves nothing of theirs", () => {
  expect(words(plan(unit, owned(unit, [web, container("db")]), held()))).toEqual(
    gives.map((give) => give.replace("web", "db")),
  );
});
