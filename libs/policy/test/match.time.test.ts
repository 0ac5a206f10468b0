import { describe, expect, test } from "@jest/globals";
import { decided, matching, outcome, policy } from "./support.ts";

const matches = (time: string, now: string): boolean =>
  outcome(decided(matching(`{ subsystem: drm, time: ${time} }`), "gpu", { now: new Date(now) })) === "lab";

describe("a time", () => {
  test.each([
    ['{ hours: "08:00-18:00" }', "2026-01-02T08:00:00Z", true],
    ['{ hours: "08:00-18:00" }', "2026-01-02T18:00:00Z", false],
    ['{ hours: "22:00-06:00" }', "2026-01-02T23:59:00Z", true],
    ['{ hours: "22:00-06:00" }', "2026-01-02T05:59:00Z", true],
    ['{ hours: "22:00-06:00" }', "2026-01-02T12:00:00Z", false],
    ['{ hours: ["08:00-10:00", "12:00-14:00"] }', "2026-01-02T13:00:00Z", true],
    ["{ days: [mon, fri] }", "2026-01-02T13:00:00Z", true],
    ["{ days: [sat, sun] }", "2026-01-02T13:00:00Z", false],
    ['{ days: fri, hours: "00:00-01:00", zone: Asia/Tokyo }', "2026-01-01T15:30:00Z", true],
    ['{ hours: "12:00-13:00", zone: Europe/Berlin }', "2026-07-01T10:30:00Z", true],
    ['{ hours: "12:00-13:00", zone: Europe/Berlin }', "2026-01-01T10:30:00Z", false],
  ])("%s at %s: %s", (time, now, wanted) => expect(matches(time, now)).toBe(wanted));

  test("makes a policy one that has to be asked again", () => {
    expect(matching("{ subsystem: drm, time: { days: mon } }").timed).toBe(true);
    expect(matching("{ subsystem: drm, when: 'hour < 8' }").timed).toBe(true);
    expect(matching("{ subsystem: drm }").timed).toBe(false);
    expect(
      policy("  - { name: x, match: { subsystem: drm, none-of: [{ time: { days: mon } }] }, deny: true }\n").timed,
    ).toBe(true);
  });
});
