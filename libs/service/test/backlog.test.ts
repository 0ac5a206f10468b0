import { expect, test } from "@jest/globals";
import { Backlog } from "../src/backlog.ts";

test("there is room up to the bound, for each container by itself", () => {
  const backlog = new Backlog(2);
  expect(backlog.enter("a")).toBeUndefined();
  expect(backlog.enter("b")).toBeUndefined();
  expect(backlog.enter("a")).toBeInstanceOf(Promise);
});

test("whoever was held back goes on when there is room again", async () => {
  const backlog = new Backlog(2);
  backlog.enter("a");
  let open = false;
  const room = backlog.enter("a")?.then(() => (open = true));
  await Promise.resolve();
  expect(open).toBe(false);
  backlog.leave("a");
  await room;
  expect(open).toBe(true);
  backlog.leave("a");
  expect(backlog.enter("a")).toBeUndefined();
});
