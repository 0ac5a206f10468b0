import { expect, test } from "@jest/globals";
import type { Taking } from "../src/made.ts";
import { WaitingOrders } from "../src/waiting-orders.ts";
import { giveOrder, moveOrder, taking, target } from "./support/builders.ts";

const other = target("db");

function setUp() {
  let takings: Taking[] = [taking("/d")];
  const said: string[] = [];
  const waiting = new WaitingOrders(() => takings);
  const give = giveOrder("/d", { container: other });
  const child = giveOrder("/d/d1", { container: other });
  for (const order of [give, child]) {
    const name = order.device.devpath;
    waiting.add(
      order,
      () => said.push(`run ${name}`),
      () => said.push(`drop ${name}`),
    );
  }
  return { waiting, said, give, child, succeed: () => (takings = []) };
}

test("nothing is submitted while the take is open, and then each once and in order", () => {
  const { waiting, said, give, child, succeed } = setUp();
  waiting.release();
  expect(said).toEqual([]);
  succeed();
  waiting.release();
  waiting.release();
  expect(said).toEqual(["run /d"]);
  expect(waiting.obstacleTo(give)).toBeUndefined();
  waiting.remove(give);
  waiting.release();
  expect(said).toEqual(["run /d", "run /d/d1"]);
  waiting.remove(child);
  expect(waiting.has(child)).toBe(false);
});

test("one that finds itself held back again when it runs is submitted again", () => {
  const { waiting, said, give, succeed } = setUp();
  succeed();
  waiting.release();
  waiting.add(
    give,
    () => undefined,
    () => undefined,
  );
  waiting.release();
  expect(said).toEqual(["run /d", "run /d"]);
});

test("of the changes that wait for a device to be given, only the last is told; what else is told of it stays", () => {
  const { waiting, said } = setUp();
  const change = (id: string, action = "change") => {
    const order = { ...moveOrder("/d", "/d", { action }), container: other };
    waiting.add(
      order,
      () => said.push(`run ${id}`),
      () => said.push(`drop ${id}`),
    );
    return order;
  };
  const orders = [change("1"), change("2"), change("moved", "move"), change("3")];
  expect(said).toEqual(["drop 1", "drop 2"]);
  expect(orders.map((order) => waiting.has(order))).toEqual([false, false, true, true]);
});

test("a take of the same device ends those for it, the container's end all", () => {
  const { waiting, said, give } = setUp();
  waiting.dropFor(target().instance);
  expect(said).toEqual([]);
  waiting.dropFor(other.instance, "/d");
  expect([said, waiting.has(give)]).toEqual([["drop /d"], false]);
  waiting.dropFor(other.instance);
  expect(said).toEqual(["drop /d", "drop /d/d1"]);
});
