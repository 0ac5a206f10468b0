import { describe, expect, test } from "@jest/globals";
import type { Claim } from "@udevns/protocol";
import { type ClaimOutcome, claim, move, release, type UnitDecision } from "../src/index.ts";
import { claimOn, decided, policy } from "./support.ts";

const unit = { identity: "v1:unit", root: "/devices/usb1/1-1" };
const ask = (container: string, more: object = {}) => ({
  host: "lab",
  unit,
  container,
  who: "kim",
  now: new Date("2026-01-02T03:04:05Z"),
  ...more,
});
const rule = (text: string): UnitDecision =>
  decided(policy(`  - { name: r, match: { class: keyboard }, give: ${text} }\n`), "keyboard-left");
const byLeft = rule("{ container: left }");
const shared = rule("{ container: [left, right], share: true }");

const owners = (outcome: ClaimOutcome): string | undefined =>
  outcome.ok ? outcome.claim?.containers.join(", ") : `refused: ${outcome.error.fields.owner}`;

describe("claim", () => {
  test("makes a record of who, when and why", () => {
    expect(claim(ask("left", { why: "demo" }), {})).toEqual({
      ok: true,
      changed: true,
      claim: {
        v: 1,
        host: "lab",
        unit: "v1:unit",
        containers: ["left"],
        share: false,
        who: "kim",
        why: "demo",
        when: "2026-01-02T03:04:05.000Z",
      },
    });
  });

  test.each<[string, object, { claim?: Claim; decision?: UnitDecision }, string]>([
    ["a free unit", {}, {}, "right"],
    ["a unit that a rule gave to another", {}, { decision: byLeft }, "refused: left"],
    ["a unit that another claims", {}, { claim: claimOn("v1:unit", ["left"]) }, "refused: left"],
    ["its own unit by rule, to keep it", {}, { decision: rule("{ container: right }") }, "right"],
    ["a unit shared by rule, for itself alone", {}, { decision: shared }, "refused: left"],
    ["a unit shared by rule, to share it", { share: true }, { decision: shared }, "left, right"],
    ["a shared claim, to share it", { share: true }, { claim: claimOn("v1:unit", ["left"], true) }, "left, right"],
    ["a shared claim, for itself alone", {}, { claim: claimOn("v1:unit", ["left"], true) }, "refused: left"],
    ["an exclusive claim, to share it", { share: true }, { claim: claimOn("v1:unit", ["left"]) }, "refused: left"],
    ["a unit in conflict", {}, { decision: rule("{ labels: { group: desks } }") }, "right"],
  ])("of %s", (_, more, standing, wanted) => {
    expect(owners(claim(ask("right", more), standing))).toBe(wanted);
  });

  test("to share what a rule shares adds a third to those who have it", () => {
    const outcome = claim(ask("lab", { share: true }), { decision: shared });
    expect(outcome).toMatchObject({ ok: true, claim: { containers: ["left", "right", "lab"], share: true } });
  });

  test("refused has its code and what to do", () => {
    const outcome = claim(ask("right"), { claim: claimOn("v1:unit", ["left"]) });
    if (outcome.ok) throw new Error("granted");
    expect(outcome.error.code).toBe("UDEVNS_E_CLAIM_CONFLICT");
    expect(outcome.error.message).toBe("/devices/usb1/1-1 is held by left");
    expect(outcome.error.mend).toContain("udevns move /devices/usb1/1-1 right");
  });

  test("repeated changes nothing", () => {
    const present = claimOn("v1:unit", ["left"]);
    expect(claim(ask("left"), { claim: present })).toEqual({ ok: true, changed: false, claim: present });
  });
});

describe("release", () => {
  test.each<[string, object, Claim | undefined, string | undefined, boolean]>([
    ["of a claim ends it", {}, claimOn("v1:unit", ["left"]), undefined, true],
    ["of no claim changes nothing", {}, undefined, undefined, false],
    ["of one's own claim ends it", { container: "left" }, claimOn("v1:unit", ["left"]), undefined, true],
    [
      "of one's part leaves the others theirs",
      { container: "left" },
      claimOn("v1:unit", ["left", "right"], true),
      "right",
      true,
    ],
  ])("%s", (_, more, present, wanted, changed) => {
    const outcome = release({ unit, ...more }, { claim: present });
    expect([owners(outcome), outcome.ok && outcome.changed]).toEqual([wanted, changed]);
  });

  test("of another's claim is refused", () => {
    expect(owners(release({ unit, container: "right" }, { claim: claimOn("v1:unit", ["left"]) }))).toBe(
      "refused: left",
    );
  });
});

describe("move", () => {
  test.each<[string, object, { claim?: Claim; decision?: UnitDecision }, string]>([
    ["takes from the owner by rule", {}, { decision: byLeft }, "right"],
    ["takes from the owner by claim", {}, { claim: claimOn("v1:unit", ["left"]) }, "right"],
    ["takes from all who share", {}, { claim: claimOn("v1:unit", ["left", "lab"], true) }, "right"],
    ["takes from the one who is named", { from: "left" }, { decision: byLeft }, "right"],
    ["is refused if another has it by now", { from: "lab" }, { decision: byLeft }, "refused: left"],
    ["is refused if nobody has it any more", { from: "lab" }, {}, "refused: nobody"],
  ])("%s", (_, more, standing, wanted) => {
    expect(owners(move(ask("right", more), standing))).toBe(wanted);
  });

  test("repeated changes nothing", () => {
    const present = claimOn("v1:unit", ["right"]);
    expect(move(ask("right"), { claim: present })).toMatchObject({ ok: true, changed: false });
  });
});
