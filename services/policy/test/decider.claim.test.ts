import { expect, test } from "@jest/globals";
import { claim, container, decider, hear, held, inWords, order, policy, usbTo } from "./support/host.ts";
import { plug, STICK } from "./support/stick.ts";

const takes = (name: string) => ["sda1", "sda", "1-1:1.0", "1-1"].map((device) => `take ${name} ${device}`);
const gives = (name: string) => ["1-1", "1-1:1.0", "sda", "sda1"].map((device) => `give ${name} ${device}`);

const start = () => {
  const host = decider(policy(usbTo("web")), container("web"), container("db"));
  hear(host, plug());
  return { host, unit: host.devices.unitOf(STICK)!.identity };
};

test("a claim takes all from the loser, children first, before it gives anything to the winner", () => {
  const { host, unit } = start();
  const reaction = host.onClaim(unit, claim(unit, "db"), 3);
  expect(inWords(reaction)).toEqual([...takes("web"), ...gives("db")]);
  expect(order("give", reaction).by).toEqual({ kind: "claim", who: "kim" });
  expect(reaction.decisions.map(({ text }) => text)).toEqual(["1-1 goes to db by claim of kim"]);
});

test("moved on and released it goes the same way", () => {
  const { host, unit } = start();
  host.onContainer("lab", container("lab"), 2);
  host.onClaim(unit, claim(unit, "db"), 3);
  expect(inWords(host.onClaim(unit, claim(unit, "lab"), 4))).toEqual([...takes("db"), ...gives("lab")]);
  expect(inWords(host.onClaim(unit, undefined, 5))).toEqual([...takes("lab"), ...gives("web")]);
});

test("claimed back within a moment it is given under other ids: the server shall not take them for repeats", () => {
  const { host, unit } = start();
  const first = host.onClaim(unit, claim(unit, "db"), 3);
  host.onClaim(unit, undefined, 4);
  const again = host.onClaim(unit, claim(unit, "db"), 5);
  expect(inWords(again)).toEqual(inWords(first));
  expect(again.orders.filter(({ id }) => first.orders.some((order) => order.id === id))).toEqual([]);
});

test("a claim for a container that does not run takes the unit from its owner", () => {
  const { host, unit } = start();
  expect(inWords(host.onClaim(unit, claim(unit, "later"), 3))).toEqual(takes("web"));
  expect(inWords(host.onContainer("later", container("later"), 4))).toEqual(gives("later"));
});

test("a claim that says who has it anyway, or the same again, moves nothing", () => {
  const { host, unit } = start();
  expect(inWords(host.onClaim(unit, claim(unit, "web"), 3))).toEqual([]);
  expect(host.onClaim(unit, claim(unit, "web"), 4)).toMatchObject({ orders: [], decisions: [] });
  expect(held(host)).toHaveLength(4);
});

test("a claim on a thing that is not there moves nothing", () => {
  const { host } = start();
  expect(inWords(host.onClaim("v1:other", claim("v1:other", "db"), 3))).toEqual([]);
});
