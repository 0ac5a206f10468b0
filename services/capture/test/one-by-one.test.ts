import { expect, test } from "@jest/globals";
import { OneByOne } from "../src/one-by-one.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("those who ask while it is done share the one behind it, which looks at what has come since, also behind a failure", async () => {
  const ends: { resolve(value: number): void; reject(error: Error): void }[] = [];
  const work = new OneByOne<number>(
    () =>
      new Promise((resolve, reject) => {
        ends.push({ resolve, reject });
      }),
  );
  const first = work.run();
  const [second, third] = [work.run(), work.run()];
  await turn();
  expect(ends).toHaveLength(1);
  ends[0]?.reject(new Error("away"));
  await expect(first).rejects.toThrow("away");
  await turn();
  expect(ends).toHaveLength(2);
  const fourth = work.run();
  ends[1]?.resolve(2);
  expect(await Promise.all([second, third])).toEqual([2, 2]);
  await turn();
  ends[2]?.resolve(4);
  expect(await fourth).toBe(4);
  const last = work.run();
  ends[3]?.resolve(5);
  expect(await last).toBe(5);
  expect(ends).toHaveLength(4);
});
