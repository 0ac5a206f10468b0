import { expect, test } from "@jest/globals";
import { Turns } from "../src/turns.ts";

/** Work that ends when it is told to. */
function work(name: string, log: string[]): { run: () => Promise<string>; end: () => void; fail: () => void } {
  let end: () => void = () => undefined;
  let fail: () => void = () => undefined;
  const run = () =>
    new Promise<string>((resolve, reject) => {
      log.push(name);
      end = () => resolve(name);
      fail = () => reject(new Error(name));
    });
  return { run, end: () => end(), fail: () => fail() };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test("so many run at once, the others in their order, each when one has ended, failed or not", async () => {
  const log: string[] = [];
  const turns = new Turns(2);
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => work(name, log));
  const results = [a, b, c, d].map((each) => turns.run(each!.run).catch((error: Error) => `${error.message} failed`));
  await settle();
  expect(log).toEqual(["a", "b"]);
  b!.fail();
  await settle();
  expect(log).toEqual(["a", "b", "c"]);
  a!.end();
  await settle();
  expect(log).toEqual(["a", "b", "c", "d"]);
  c!.end();
  d!.end();
  expect(await Promise.all(results)).toEqual(["a", "b failed", "c", "d"]);
});

test("a turn that is free is taken at once", async () => {
  const turns = new Turns(1);
  expect(await turns.run(async () => 1)).toBe(1);
  expect(await turns.run(async () => 2)).toBe(2);
});
