import { describe, expect, test } from "@jest/globals";
import type { UnitDecision } from "@udevns/policy";
import { checked, DecisionRecord } from "@udevns/protocol";
import { describeDecision, fingerprint } from "../src/describe.ts";
import { container, decider, hear, policy, usbTo } from "./support/host.ts";
import { owned, stick } from "./support/plan.ts";
import { event, plug, pull, STICK } from "./support/stick.ts";

const unit = stick();
const by = { kind: "rule", rule: "usb" } as const;
const mine = owned(unit, [container("web")]) as Extract<UnitDecision, { kind: "owned" }>;

test.each<[UnitDecision, string, string[]]>([
  [{ ...mine, share: false }, "1-1 goes to web by rule usb", ["web"]],
  [{ ...mine, owners: ["db", "web"] }, "1-1 goes to db, web by rule usb, shared", ["db", "web"]],
  [{ ...mine, by: { kind: "claim", who: "kim" }, share: false }, "1-1 goes to web by claim of kim", ["web"]],
  [{ kind: "unowned" }, "1-1 matches no rule", []],
  [{ kind: "denied", rule: "no" }, "1-1 is denied by rule no", []],
  [{ kind: "waiting", by, container: "container: web" }, "1-1 waits for container: web", []],
  [{ kind: "pending", rule: "usb", needs: "udev" }, "1-1 waits for what the host's udev says of it", []],
  [
    { kind: "conflict", by, containers: ["db", "web"] },
    "1-1 is for one container and db, web match: it goes to none",
    ["db", "web"],
  ],
])("%#: %j", (decision, text, containers) => {
  const record = describeDecision("lab", unit, decision, "policy:3", new Date(0));
  expect(checked(DecisionRecord, record, "record")).toMatchObject({
    verdict: decision.kind,
    text,
    containers,
    unit: STICK,
    identity: unit.identity,
    cause: "policy:3",
    at: "1970-01-01T00:00:00.000Z",
  });
  expect(record.by).toEqual(decision.kind === "owned" ? decision.by : undefined);
});

test("a fingerprint is about what people read and not about the nodes", () => {
  expect(fingerprint(unit, { ...mine, gives: [] })).toBe(fingerprint(unit, mine));
  expect(fingerprint(unit, { ...mine, owners: ["db"] })).not.toBe(fingerprint(unit, mine));
  expect(fingerprint(unit, { ...mine, share: false })).not.toBe(fingerprint(unit, mine));
});

describe("records", () => {
  const texts = (reactions: ReturnType<typeof hear>) =>
    reactions.flatMap(({ decisions }) => decisions.map(({ text }) => text));

  test("tell of a unit once, not of each of its devices", () => {
    const host = decider(policy(usbTo("web")), container("web"));
    expect(texts(hear(host, plug()))).toEqual(["1-1 goes to web by rule usb-to-web"]);
  });

  test("do not tell of what nobody ever wanted", () => {
    const host = decider(policy(usbTo("web")), container("web"));
    expect(texts(hear(host, [event("add", "/devices/virtual/mem/null", "mem", 1)]))).toEqual([]);
  });

  test("tell of it again after it was pulled out", () => {
    const host = decider(policy(usbTo("web")), container("web"));
    hear(host, [...plug(), ...pull(10)]);
    expect(texts(hear(host, plug(20)))).toEqual(["1-1 goes to web by rule usb-to-web"]);
  });

  test("tell that a unit is nobody's any more", () => {
    const host = decider(policy(usbTo("web")), container("web"));
    hear(host, plug());
    expect(texts([host.onPolicy(policy(`{ name: n, match: { subsystem: net }, deny: true }`), 2)])).toEqual([
      "1-1 matches no rule",
    ]);
  });
});
