import { describe, expect, test } from "@jest/globals";
import { decide } from "../src/index.ts";
import { claimOn, decided, example, outcome, policy, running, situation } from "./support.ts";

const give = (text: string, match = "{ class: keyboard }") =>
  policy(`  - { name: it, match: ${match}, give: ${text} }\n`);

describe("the first rule that matches", () => {
  const rules = policy(`
  - { name: mine, match: { class: keyboard, port: "1-1.*" }, give: { container: left } }
  - { name: all, match: { class: keyboard }, give: { container: right } }
  - { name: none, match: { class: storage }, deny: true }
`);
  test.each([
    ["keyboard-left", "left"],
    ["keyboard-right", "right"],
    ["stick", "denied"],
    ["gpu", "unowned"],
  ])("gives %s to %s", (device, wanted) => expect(outcome(decided(rules, device))).toBe(wanted));

  test("is named as the authority", () => {
    expect(decided(rules, "keyboard-left")).toMatchObject({ by: { kind: "rule", rule: "mine" }, share: false });
  });
});

describe("containers", () => {
  test.each([
    ["{ container: left }", "left"],
    ["{ container: [lab, nobody] }", "lab"],
    ["{ labels: { seat: left } }", "left"],
    ["{ labels: { seat: [x, right] } }", "right"],
    ['{ labels: { team: "meas*" } }', "lab"],
    ["{ labels: { seat: left, group: desks } }", "left"],
    ["{ runtime: docker }", "builder"],
    ["{ runtime: lxc, labels: { seat: right } }", "right"],
    ["{ labels: { seat: left }, container: right }", "waiting"],
    ["{ container: nobody }", "waiting"],
    ["{ labels: { constructor: '*' } }", "waiting"],
    ["{ labels: { group: desks } }", "conflict"],
    ["{ labels: { group: desks }, share: true }", "left, right"],
    ["{ container: [right, left], share: true }", "left, right"],
    ["{ container: left, share: true }", "left"],
  ])("%s: %s", (text, wanted) => expect(outcome(decided(give(text), "keyboard-left"))).toBe(wanted));

  test("of another host do not count", () => {
    const elsewhere = running("left").map((container) => ({ ...container, host: "other" }));
    expect(outcome(decided(give("{ container: left }"), "keyboard-left", { containers: elsewhere }))).toBe("waiting");
  });

  test("in conflict are shown, and none gets it", () => {
    expect(decided(give("{ labels: { group: desks } }"), "keyboard-left")).toEqual({
      kind: "conflict",
      by: { kind: "rule", rule: "it" },
      containers: ["left", "right"],
    });
  });
});

describe("while its container is absent a unit", () => {
  const rules = (absent: string) =>
    policy(`
  - { name: first, match: { class: keyboard }, give: { container: left, absent: ${absent} } }
  - { name: second, match: { class: keyboard, port: "1-*" }, give: { container: right } }
`);
  test.each([
    ["wait", "waiting"],
    ["host", "unowned"],
    ["deny", "denied"],
    ["next", "right"],
  ])("%s: %s", (absent, wanted) => {
    const decision = decided(rules(absent), "keyboard-left", { containers: running("right") });
    expect(outcome(decision)).toBe(wanted);
    expect(outcome(decided(rules(absent), "keyboard-left"))).toBe("left");
  });
});

describe("owner-of-port", () => {
  const rules = policy(`
  - { name: hub, match: { class: hub, port: "1-1" }, give: { container: left } }
  - { name: behind, match: { port: "1-*" }, give: { owner-of-port: true, absent: next } }
  - { name: rest, match: { class: [keyboard, storage] }, give: { container: right } }
`);
  test.each([
    ["keyboard-left", "left"],
    ["stick-elsewhere", "left"],
    ["keyboard-right", "right"],
    ["stick", "right"],
    ["hub-left", "left"],
  ])("%s goes to %s", (device, wanted) => expect(outcome(decided(rules, device))).toBe(wanted));

  test("follows a claim on the hub", () => {
    const hub = situation({ policy: rules, devices: example("hub-left") }).unit;
    const claims = [claimOn(hub.identity, ["lab"])];
    expect(outcome(decide(situation({ policy: rules, devices: example("keyboard-left"), claims })))).toBe("lab");
  });
});

describe("two identical keyboards", () => {
  test("on two ports go to two containers", () => {
    const rules = policy(`
  - { name: l, match: { vendor: 046d, product: c31c, port: "1-1.2" }, give: { container: left } }
  - { name: r, match: { vendor: 046d, product: c31c, port: "1-2.1" }, give: { container: right } }
`);
    expect([outcome(decided(rules, "keyboard-left")), outcome(decided(rules, "keyboard-right"))]).toEqual([
      "left",
      "right",
    ]);
  });

  test("have identities of their own", () => {
    const [left, right] = ["keyboard-left", "keyboard-right"].map(
      (name) => situation({ policy: give("{ container: left }"), devices: example(name) }).unit.identity,
    );
    expect(left).not.toBe(right);
  });
});

describe("a claim", () => {
  const rules = policy(`
  - { name: sticks, match: { class: storage }, give: { container: left, mode: "0640", omit: [{ devtype: partition }] } }
`);
  const { unit } = situation({ policy: rules, devices: example("stick") });

  test("stands above rules", () => {
    expect(decided(rules, "stick", { claims: [claimOn(unit.identity, ["right"])] })).toMatchObject({
      owners: ["right"],
      by: { kind: "claim", who: "kim", why: "demo" },
    });
  });

  test("stands above a rule that denies", () => {
    const denies = policy("  - { name: no, match: { class: storage }, deny: true }\n");
    expect(outcome(decided(denies, "stick", { claims: [claimOn(unit.identity, ["right"])] }))).toBe("right");
  });

  test("says who; how is still what the rule says", () => {
    const decision = decided(rules, "stick", { claims: [claimOn(unit.identity, ["right"])] });
    const nodes = decision.kind === "owned" ? decision.gives.flatMap(({ node }) => node ?? []) : [];
    expect(nodes.map(({ path, mode }) => [path, mode])).toEqual([
      ["bus/usb/001/007", 0o640],
      ["sdb", 0o640],
    ]);
  });

  test("follows the stick to another port", () => {
    expect(outcome(decided(rules, "stick-elsewhere", { claims: [claimOn(unit.identity, ["lab"])] }))).toBe("lab");
  });

  test("waits for its container", () => {
    expect(decided(rules, "stick", { claims: [claimOn(unit.identity, ["gone"])] })).toMatchObject({
      kind: "waiting",
      container: "gone",
    });
  });

  test.each([
    ["another host's", { ...claimOn(unit.identity, ["right"]), host: "other" }],
    ["another unit's", claimOn("v1:other", ["right"])],
  ])("of %s does not count", (_, claim) => {
    expect(outcome(decided(rules, "stick", { claims: [claim] }))).toBe("left");
  });

  test("by two without share is a conflict", () => {
    expect(outcome(decided(rules, "stick", { claims: [claimOn(unit.identity, ["left", "right"])] }))).toBe("conflict");
    expect(outcome(decided(rules, "stick", { claims: [claimOn(unit.identity, ["left", "right"], true)] }))).toBe(
      "left, right",
    );
  });
});
