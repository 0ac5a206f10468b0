import { expect, test } from "@jest/globals";
import { Pacer } from "../src/pace.ts";

/** Beyond any pid_max: a container that has gone. */
const GONE = 2 ** 30;

test("a container that is gone holds nothing up: the send itself will say so", async () => {
  const pacer = new Pacer();
  for (let sent = 0; sent < 100; sent += 1) expect(await pacer.ready("b0:1", GONE)).toBe(true);
});
