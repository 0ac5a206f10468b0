import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Holder, WorkOf } from "@udevns/protocol";
import { HeldDevices } from "../src/held-devices.ts";
import { device, giveOrder, target } from "./support/builders.ts";

const NULL = { type: "c", major: 1, minor: 3 } as const;

describe("held devices", () => {
  let fd: number;
  let holder: Holder;
  const order: WorkOf<"give"> = giveOrder("/d", { device: device("/d", { devname: "null", devnum: NULL }) });

  beforeEach(() => {
    fd = openSync("/dev/null", "r");
    holder = { pid: process.pid, command: "jest", fd };
  });
  afterEach(() => {
    try {
      closeSync(fd);
    } catch {
      // The test closed it.
    }
  });

  test("are said once, however often they are found, and only while they are open", async () => {
    const held = new HeldDevices();
    expect(await held.describe()).toBeUndefined();
    held.note(order, [holder]);
    held.note(order, [holder]);
    expect(await held.describe()).toBe(
      `still open though taken: null by jest (pid ${process.pid}, fd ${fd}) in ${target().name}`,
    );
    closeSync(fd);
    expect(await held.describe()).toBeUndefined();
  });

  test("are held no more when their process has ended", async () => {
    const held = new HeldDevices();
    const ended = spawnSync("true").pid;
    held.note(order, [{ ...holder, pid: ended }]);
    expect(await held.describe()).toBeUndefined();
  });
});
