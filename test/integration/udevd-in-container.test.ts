import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { disksForOwner } from "../support/disks-for-owner.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { listenToUdevIn, startUdevdIn, type Udevd } from "../support/udevd.ts";
import { until } from "../support/until.ts";
import { plugZram } from "../support/zram.ts";

let stack: Stack;
let owner: Throwaway;
let udevd: Udevd;
let ear: ReturnType<typeof listenToUdevIn>;

beforeAll(async () => {
  stack = await startStack(disksForOwner("zram*"));
  owner = await startThrowaway("owner", { userns: true });
  udevd = await startUdevdIn(owner);
  ear = listenToUdevIn(owner);
  await stack.attach(owner);
});
afterAll(async () => {
  ear?.close();
  await udevd?.stop();
  await owner?.stop();
  await stack?.stop();
});

test("a real systemd-udevd in a user-namespaced container handles the event, writes its database and tells its listeners", async () => {
  const zram = plugZram();
  try {
    const of = (action: string) =>
      ear.heard.find(({ ACTION, DEVPATH }) => ACTION === action && DEVPATH === zram.devpath);
    await until(() => of("add") !== undefined, "libudev's add").catch((error: Error) => {
      throw new Error(`${error.message}\n${udevd.log()}`);
    });
    const { MAJOR, MINOR, TEST_RULE, DEVNAME } = of("add") ?? {};
    expect({ TEST_RULE, DEVNAME }).toEqual({ TEST_RULE: "ran", DEVNAME: `/dev/${zram.name}` });
    const record = await owner.run(`cat /run/udev/data/b${MAJOR}:${MINOR}`);
    expect(record.stdout).toContain("E:TEST_RULE=ran");
    expect(record.stdout).toContain("G:udevns-test");

    zram.unplug();
    await until(() => of("remove") !== undefined, "libudev's remove");
    await until(
      async () => (await owner.run(`test -e /run/udev/data/b${MAJOR}:${MINOR}`)).code !== 0,
      "the record to go",
    );
  } finally {
    zram.unplug();
  }
});
