import { expect, test } from "@jest/globals";
import { Soon } from "../src/soon.ts";

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Work that ends when it is told to. */
function slow() {
  let runs = 0;
  let end: () => void = () => undefined;
  const work = () => {
    runs += 1;
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  };
  const begun = async (count: number) => {
    while (runs < count) await later(1);
  };
  return { work, begun, end: () => end(), runs: () => runs };
}

test("what is asked for often is done once, and nothing is done unasked", async () => {
  const { work, begun, end, runs } = slow();
  const soon = new Soon(1, work);
  for (let ask = 0; ask < 5; ask += 1) soon.ask();
  await begun(1);
  end();
  await later(20);
  expect(runs()).toBe(1);
});

test("what is asked for while it is done is done once more behind that", async () => {
  const { work, begun, end, runs } = slow();
  const soon = new Soon(1, work);
  soon.ask();
  await begun(1);
  soon.ask();
  soon.ask();
  await later(20);
  expect(runs()).toBe(1);
  end();
  await begun(2);
  end();
  await later(20);
  expect(runs()).toBe(2);
});

test("a stop waits for what has begun, and nothing begins behind it", async () => {
  const { work, begun, end, runs } = slow();
  const soon = new Soon(1, work);
  soon.ask();
  await begun(1);
  soon.ask();
  let stopped = false;
  const stopping = soon.stop().then(() => {
    stopped = true;
  });
  await later(5);
  expect(stopped).toBe(false);
  end();
  await stopping;
  soon.ask();
  await later(20);
  expect(runs()).toBe(1);
});

test("what is asked for now is done at once, behind what is being done, and not once more after its time", async () => {
  const { work, begun, end, runs } = slow();
  const soon = new Soon(5, work);
  soon.ask();
  const first = soon.now();
  expect(runs()).toBe(1);
  let done = false;
  const second = soon.now().then(() => {
    done = true;
  });
  await later(20);
  expect([runs(), done]).toEqual([1, false]);
  end();
  await first;
  await begun(2);
  expect(done).toBe(false);
  end();
  await second;
  await later(20);
  expect(runs()).toBe(2);
});

test("one that is stopped does nothing now", async () => {
  const { work, runs } = slow();
  const soon = new Soon(1, work);
  await soon.stop();
  await soon.now();
  expect(runs()).toBe(0);
});
