import { expect, test } from "@jest/globals";
import type { LogWriter } from "@udevns/bus";
import type { WorkOf } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import type { Devnode } from "../src/devnode.ts";
import { Registry } from "../src/registry.ts";
import { tell } from "../src/tell.ts";
import { giveOrder, made, moveOrder, target } from "./support/builders.ts";
import { scratch } from "./support/scratch.ts";

const { instance } = target();

/** A writer whose messages are stored when the test says so. */
function setUp() {
  const registry = new Registry(scratch("registry"));
  registry.record({ made: made("/d", { told: 7 }) });
  const stored: (() => void)[] = [];
  const writer = { publish: () => new Promise<void>((resolve) => stored.push(resolve)) } as unknown as LogWriter;
  const audiences = { of: async () => ({ audience: "udevd", listening: { kernel: true, udev: false } }) };
  const devnode = { registry, audiences, containers: { hold: () => ({}) } } as unknown as Devnode;
  const change = (seqnum: number): WorkOf<"tell"> => {
    const order = moveOrder("/d", "/d", { action: "change" });
    return { ...order, device: { ...order.device, seqnum } };
  };
  const say = async (seqnum: number) =>
    await tell({ host: "lab" } as ServiceContext, devnode, writer, change(seqnum), registry.get(instance, "/d"));
  return { registry, stored, say, told: () => registry.get(instance, "/d")?.told };
}

test("events are handed on without waiting for those before them, and noted as told once they are stored", async () => {
  const { stored, say, told } = setUp();
  const first = await say(8);
  const second = await say(9);
  expect([stored.length, told()]).toEqual([2, 7]);
  stored[0]?.();
  await first?.stored;
  expect(told()).toBe(8);
  stored[1]?.();
  await second?.stored;
  expect(told()).toBe(9);
});

test("one that is stored when its device was given again says nothing of that", async () => {
  const { registry, stored, say, told } = setUp();
  const first = await say(8);
  registry.record({ made: made("/d", { told: -1, order: giveOrder("/d", { id: "later" }) }) });
  stored[0]?.();
  await first?.stored;
  expect(told()).toBe(-1);
});
