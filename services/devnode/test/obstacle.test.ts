import { describe, expect, test } from "@jest/globals";
import { obstacleTo } from "../src/obstacle.ts";
import { giveOrder, moveOrder, nodeSpec, taking, target } from "./support/builders.ts";

const other = target("db");
const node = nodeSpec("sda");
const held = taking("/d", { order: giveOrder("/d", { node }) });
const give = (devpath: string, of: Parameters<typeof giveOrder>[1] = {}) =>
  giveOrder(devpath, { container: other, node: nodeSpec("x", { devnum: { type: "b", major: 8, minor: 1 } }), ...of });

describe("while a take of it is open, a give of a device to another container", () => {
  test("waits, by its devpath or its number", () => {
    expect(obstacleTo(give("/d"), [held], [])).toEqual({ kind: "still held", by: held });
    expect(obstacleTo(give("/e", { node }), [held], [])).toEqual({ kind: "still held", by: held });
  });

  test("does not wait where it is shared, or is another device's", () => {
    expect(obstacleTo(give("/d", { share: true }), [held], [])).toBeUndefined();
    expect(obstacleTo(give("/e"), [held], [])).toBeUndefined();
    const sameNumberOfOtherType = nodeSpec("x", { devnum: { ...node.devnum, type: "c" } });
    expect(obstacleTo(give("/e", { node: sameNumberOfOtherType }), [held], [])).toBeUndefined();
  });
});

test("a give back to the container that still has it waits too, shared or not: it hears `remove` first", () => {
  expect(obstacleTo(giveOrder("/d", { share: true }), [held], [])).toEqual({ kind: "still held", by: held });
});

test("nor does it get another with the number meanwhile: a further try would take that from it", () => {
  expect(obstacleTo(giveOrder("/e", { node }), [held], [])).toEqual({ kind: "still held", by: held });
});

describe("behind a give that waits", () => {
  const first = giveOrder("/d");

  test("wait the same container's orders about the same device, and gives of those below it", () => {
    const behind = { kind: "behind", order: first };
    expect(obstacleTo(giveOrder("/d"), [], [first])).toEqual(behind);
    expect(obstacleTo(giveOrder("/d/d1"), [], [first])).toEqual(behind);
    expect(obstacleTo(moveOrder("/c", "/d"), [], [first])).toEqual(behind);
  });

  test("wait no others", () => {
    expect(obstacleTo(giveOrder("/d1"), [], [first])).toBeUndefined();
    expect(obstacleTo(moveOrder("/c", "/d/d1"), [], [first])).toBeUndefined();
    expect(obstacleTo(give("/d"), [], [first])).toBeUndefined();
  });
});

test("a container that must be gated and is not gets nothing; what it has, it hears of", () => {
  expect(obstacleTo(giveOrder("/d"), [], [], "no bpf")).toEqual({ kind: "not gated", why: "no bpf" });
  expect(obstacleTo(moveOrder("/c", "/d"), [], [], "no bpf")).toBeUndefined();
  expect(obstacleTo(giveOrder("/d"), [], [])).toBeUndefined();
});
