import { expect, test } from "@jest/globals";
import type { Bucket } from "@udevns/bus";
import { LeaseKeeper } from "../src/lease-keeper.ts";

test("a lease that is written while the replica ends is freed, and nothing begins", async () => {
  const log: string[] = [];
  let write: (revision: number) => void = () => undefined;
  const bucket = {
    replace: () => new Promise<number>((resolve) => (write = resolve)),
    remove: async (_: string, revision: number) => void log.push(`removed ${revision}`),
  } as unknown as Bucket;
  const note = (what: string) => async () => void log.push(what);
  const tenure = { begin: note("begin"), finish: note("finish"), abandon: note("abandon") };
  const keeper = new LeaseKeeper("h", "me", bucket, tenure);
  const stepping = keeper.tick(() => 0);
  const closing = keeper.close();
  write(7);
  await Promise.all([stepping, closing]);
  await keeper.tick(() => 0);
  expect(log).toEqual(["removed 7"]);
});
