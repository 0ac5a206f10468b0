import { describe, expect, test } from "@jest/globals";
import { decide, explain, formatExplanation } from "../src/index.ts";
import { claimOn, example, policy, running, situation } from "./support.ts";

const rules = policy(`
  - { name: cameras, match: { subsystem: video4linux }, give: { container: lab } }
  - { name: other port, match: { class: keyboard, port: "1-2.*" }, give: { container: right } }
  - { name: not usb, match: { class: keyboard, none-of: [{ subsystem: usb }] }, deny: true }
  - { name: away, match: { class: keyboard }, give: { container: gone, absent: next } }
  - { name: it, match: { class: keyboard }, give: { container: left } }
  - { name: below, match: { class: hid }, deny: true }
`);
const input = situation({ policy: rules, devices: example("keyboard-left") });

describe("an explanation", () => {
  test("has each rule in order, with the first condition that failed or the winner", () => {
    const found = explain(input).rules.map(({ rule, line, result, failure }) => [
      rule,
      line,
      result,
      failure?.condition,
      failure?.actual,
    ]);
    expect(found).toEqual([
      ["cameras", 4, "failed", "subsystem: video4linux", "usb"],
      ["other port", 5, "failed", "port: 1-2.*", "1-1.2"],
      ["not usb", 6, "failed", "none-of: part 1 holds: subsystem: usb", undefined],
      ["away", 7, "passed", undefined, undefined],
      ["it", 8, "won", undefined, undefined],
      ["below", 9, "unasked", undefined, undefined],
    ]);
  });

  test("decides as decide does", () => {
    expect(explain(input).decision).toEqual(decide(input));
  });

  test("calls no rule the winner where the last one passes the unit on to nobody", () => {
    const next = policy("  - { name: x, match: { class: keyboard }, give: { container: gone, absent: next } }\n");
    const found = explain({ ...input, policy: next });
    expect([found.rules[0]?.result, found.decision.kind]).toEqual(["passed", "unowned"]);
    const host = policy("  - { name: x, match: { class: keyboard }, give: { container: gone, absent: host } }\n");
    expect(explain({ ...input, policy: host }).rules[0]?.result).toBe("won");
  });

  test("names the device that came farthest, and what it has instead", () => {
    const two = policy('  - { name: x, match: { subsystem: tty, serial: "B*" }, deny: true }\n');
    const [trace] = explain(situation({ policy: two, devices: example("modem") })).rules;
    expect(trace?.failure).toEqual({
      condition: "serial: B*",
      device: expect.stringMatching(/tty\/ttyUSB0$/),
      actual: "A50285BI",
    });
  });

  test("shows a claim, and the rule that it stands above as not won", () => {
    const claims = [claimOn(input.unit.identity, ["right"])];
    const found = explain({ ...input, claims });
    expect(found.claim).toMatchObject({ containers: ["right"] });
    expect(found.rules.every(({ result }) => result !== "won")).toBe(true);
  });

  test.each([
    ["owned", input, /owned by left \(rule it\)\n {2}left \S+: \/dev\/bus\/usb\/001\/005 0660 0:0/],
    [
      "denied",
      { ...input, policy: policy("  - { name: no, match: { class: hid }, deny: true }\n") },
      /^denied by rule no$/m,
    ],
    ["waiting", { ...input, containers: running("right") }, /^waiting for container: left$/m],
    [
      "unowned",
      { ...input, policy: policy("  - { name: no, match: { class: gpu }, deny: true }\n") },
      /^- no \(test.yaml:3\) failed\n {4}class: gpu at \S+/m,
    ],
    [
      "conflict",
      { ...input, policy: policy("  - { name: x, match: { class: hid }, give: { labels: { group: desks } } }\n") },
      /^conflict: left, right/m,
    ],
    [
      "pending",
      { ...input, hostUdev: true, policy: policy("  - { name: x, match: { tag: seat }, deny: true }\n") },
      /^\? x .*pending\npending: rule x waits/m,
    ],
    [
      "by claim",
      { ...input, claims: [claimOn(input.unit.identity, ["right"])] },
      /^claim right, by kim at 2026.*: demo$[\s\S]*claim by kim/m,
    ],
  ])("is printed: %s", (_, situation_, wanted) => {
    expect(formatExplanation(explain(situation_))).toMatch(wanted);
  });
});
