import { describe, expect, test } from "@jest/globals";
import { decide } from "../src/index.ts";
import { example, outcome, policy, situation } from "./support.ts";

const silent = example("stick").map(({ udev: _, ...device }) => device);
const told = silent.map((device) => ({ ...device, udev: { properties: {}, tags: [], links: [] } }));
const backup = example("stick").map((device) => ({
  ...device,
  udev: device.udev ?? { properties: {}, tags: ["x"], links: [] },
}));

const two = (match: string) =>
  policy(
    `  - { name: first, match: ${match}, give: { container: left } }\n  - { name: second, match: { class: storage }, give: { container: right } }\n`,
  );

const matches: [string][] = [
  ["{ property: { ID_FS_LABEL: BACKUP } }"],
  ["{ link: disk/by-label/BACKUP }"],
  [`{ udev: 'ENV{ID_FS_LABEL}=="BACKUP"' }`],
  [`{ udev: 'SYMLINK=="disk/by-label/BACKUP"' }`],
  [`{ when: '"ID_FS_LABEL" in device.properties && device.properties.ID_FS_LABEL == "BACKUP"' }`],
  ["{ any-of: [{ link: disk/by-label/BACKUP }] }"],
];

describe("where the host runs udev", () => {
  test.each(matches)("%s is asked again when udev has spoken, before a later rule may win", (match) => {
    const policy = two(match);
    const outcomes = [silent, told, backup].map((devices) =>
      outcome(decide(situation({ policy, devices, hostUdev: true }))),
    );
    expect(outcomes).toEqual(["pending", "right", "left"]);
  });

  test.each([["{ subsystem: block, none-of: [{ tag: x }] }"], [`{ udev: 'SUBSYSTEM=="block", TAG!="x"' }`]])(
    "%s does not hold before udev has spoken",
    (match) => {
      const policy = two(match);
      const outcomes = [silent, told].map((devices) => outcome(decide(situation({ policy, devices, hostUdev: true }))));
      expect(outcomes).toEqual(["pending", "left"]);
    },
  );

  test("a rule that cannot match whatever udev says does not wait", () => {
    const policy = two("{ subsystem: tty, property: { ID_FS_LABEL: BACKUP } }");
    expect(outcome(decide(situation({ policy, devices: silent, hostUdev: true })))).toBe("right");
  });

  test("a rule above decides without waiting for one below", () => {
    const policy_ = policy(
      "  - { name: a, match: { class: storage }, give: { container: right } }\n  - { name: b, match: { tag: x }, deny: true }\n",
    );
    expect(outcome(decide(situation({ policy: policy_, devices: silent, hostUdev: true })))).toBe("right");
  });

  test("a property that the kernel has is known without udev", () => {
    const policy = two("{ property: { TYPE: 0/0/0 } }");
    expect(outcome(decide(situation({ policy, devices: silent, hostUdev: true })))).toBe("left");
  });

  test("a part of the unit that may be left out is withheld", () => {
    const policy_ = policy(
      "  - { name: a, match: { class: storage }, give: { container: right, omit: [{ property: { ID_FS_LABEL: BACKUP } }] } }\n",
    );
    const names = (devices: typeof silent): [number, number] => {
      const decision = decide(situation({ policy: policy_, devices, hostUdev: true }));
      return decision.kind === "owned" ? [decision.gives.length, decision.withheld.length] : [-1, -1];
    };
    expect([names(silent), names(told), names(backup)]).toEqual([
      [0, 5],
      [5, 0],
      [4, 0],
    ]);
  });
});

describe("where the host runs no udev", () => {
  test.each(matches)("%s does not wait", (match) => {
    expect(outcome(decide(situation({ policy: two(match), devices: silent })))).toBe("right");
  });
});
