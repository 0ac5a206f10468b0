import { expect, test } from "@jest/globals";
import { checked, DevnodeWork } from "@udevns/protocol";
import { goneOrders, toldNow } from "../src/levels.ts";
import { made } from "./support/builders.ts";

const parent = made("/p", { told: -1 });
const child = made("/p/c", { told: -1 });

test("told now is what is made and not yet heard of, parents first", () => {
  const all = [parent, made("/heard", { told: 3 }), made("/making", { state: "making", told: -1 }), child];
  expect(toldNow(all)).toEqual([parent, child]);
  expect(toldNow([made("/zero", { told: 0 })])).toEqual([]);
});

test("all is taken back, children first, heard of or not", () => {
  const orders = goneOrders([parent, child, made("/q")]);
  expect(orders.map(({ device }) => device.devpath)).toEqual(["/q", "/p/c", "/p"]);
});

test("such an order is a take by the schema, with the event that says so", () => {
  const [order] = goneOrders([parent]);
  expect(checked(DevnodeWork, order, "order")).toMatchObject({
    kind: "take",
    uevent: { action: "remove", devpath: "/p", properties: { ACTION: "remove", DEVPATH: "/p", SUBSYSTEM: "block" } },
  });
});

test("its id is another than that of the give, and the same each time", () => {
  const [order] = goneOrders([parent]);
  expect(order!.id).not.toBe(parent.order.id);
  expect(goneOrders([parent])[0]!.id).toBe(order!.id);
});

test("neither changes what it was made from", () => {
  const all = [parent, child];
  goneOrders(all);
  expect(all).toEqual([parent, child]);
  expect(parent.order.uevent.action).toBe("add");
});
