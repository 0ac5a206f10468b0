import { execFileSync } from "node:child_process";
import { afterEach, expect, test } from "@jest/globals";
import { Clock } from "./rig/clock.ts";

const HOUR_MS = 3_600_000;
const READ = "console.log(JSON.stringify({ wall: Date.now(), monotonic: performance.now() }))";

const clock = new Clock();
afterEach(() => clock.close());

test("the clock of the schedules sets the wall clock of who runs under it, and no other clock", () => {
  for (const days of [0, -365, 1]) {
    clock.set(days * 86_400);
    const env = { ...process.env, ...clock.env };
    const { wall, monotonic } = JSON.parse(execFileSync(process.execPath, ["-e", READ], { env, encoding: "utf8" }));
    expect(Math.abs(wall - Date.now() - days * 24 * HOUR_MS)).toBeLessThan(HOUR_MS);
    // Counted from the start of the process.
    expect(Math.abs(monotonic)).toBeLessThan(HOUR_MS);
  }
});
