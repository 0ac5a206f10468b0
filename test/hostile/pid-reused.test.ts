import { expect, test } from "@jest/globals";
import { onOwnHost } from "./support/own-host.ts";

test("a process that got a dead container's pid gets neither its nodes nor its events, and loses no interface", async () => {
  expect(await onOwnHost("pid-reused")).toEqual({
    hold: "UDEVNS_E_CONTAINER_GONE",
    inject: "UDEVNS_E_CONTAINER_GONE",
    execute: "ESRCH",
    link: "UDEVNS_E_CONTAINER_GONE",
    made: false,
  });
});
