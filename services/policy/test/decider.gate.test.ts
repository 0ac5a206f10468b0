import { expect, test } from "@jest/globals";
import { parsePolicy } from "@udevns/policy";
import { container, decider, inWords } from "./support/host.ts";

const gated = (gates: string, rules = "[]") => {
  const parsed = parsePolicy([{ file: "test.yaml", text: `version: 1\n${gates}\nrules: ${rules}\n` }]);
  if ("errors" in parsed) throw new Error(JSON.stringify(parsed.errors));
  return parsed.policy;
};
const required = gated("gates: [{ container: web, gate: require }]");
const none = gated("");

test("a container that begins is gated, and each life anew; others are not spoken of", () => {
  const host = decider(required);
  expect(inWords(host.onContainer("web", container("web"), 1))).toEqual(["gate web require"]);
  expect(inWords(host.onContainer("db", container("db"), 2))).toEqual([]);
  expect(inWords(host.onContainer("web", container("web", 2), 3))).toEqual(["gate web require"]);
});

test("one that is detached is opened, one that never was gated is not spoken of", () => {
  const host = decider(required);
  host.onContainer("web", container("web"), 1);
  host.onContainer("db", container("db"), 2);
  expect(inWords(host.onContainer("web", undefined, 3))).toEqual(["gate web off"]);
  expect(inWords(host.onContainer("db", undefined, 4))).toEqual([]);
});

test("more of the same life is no news", () => {
  const host = decider(required);
  host.onContainer("web", container("web"), 1);
  expect(inWords(host.onContainer("web", { ...container("web"), labels: { a: "b" } }, 2))).toEqual([]);
});

test("it is gated before it is given anything", () => {
  const rules = "[{ name: nulls, match: { kernel: 'null' }, give: { container: web } }]";
  const host = decider(gated("gates: [{ container: web, gate: require }]", rules));
  const device = {
    v: 1,
    host: "lab",
    boot: "b0",
    subsystem: "mem",
    seqnum: 1,
    properties: {},
    attributes: {},
  } as const;
  host.load({ device: { ...device, devpath: "/devices/virtual/mem/null" } });
  expect(inWords(host.onContainer("web", container("web"), 1))).toEqual(["gate web require", "give web null"]);
});

test("another policy changes what has changed", () => {
  const host = decider(required);
  host.onContainer("web", container("web"), 1);
  host.onContainer("db", container("db"), 2);
  expect(inWords(host.onPolicy(gated("gates: [{ container: web, gate: require }, { gate: auto }]"), 2))).toEqual([
    "gate db auto",
  ]);
  expect(inWords(host.onPolicy(none, 3))).toEqual(["gate web off", "gate db off"]);
  expect(inWords(host.onPolicy(none, 4))).toEqual([]);
});

test("the next life of policy says again what is wished, and what is not only after another policy", () => {
  const wished = () => decider(required, container("web"), container("db"));
  expect(inWords(wished().replanAll("start:1"))).toEqual(["gate web require"]);
  expect(inWords(wished().replanAll("start:1", "anew"))).toEqual(["gate web require", "gate db off"]);
  expect(inWords(decider(none, container("web")).replanAll("start:1", "anew"))).toEqual(["gate web off"]);
});
