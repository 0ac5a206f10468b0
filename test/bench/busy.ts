import { readFileSync } from "node:fs";

const MS = 3_000;

/** % of all cores that others use while we do nothing: what the figures are to be read with. */
export async function othersBusy(): Promise<number> {
  const before = read();
  await new Promise((resolve) => setTimeout(resolve, MS));
  const after = read();
  return Math.round(100 * (1 - (after.idle - before.idle) / (after.all - before.all)));
}

/** Of /proc/stat: time since boot, and how much of it was idle or waiting for a disk. */
function read(): { all: number; idle: number } {
  const [, ...times] = readFileSync("/proc/stat", "utf8").split("\n")[0]?.trim().split(/\s+/) ?? [];
  const numbers = times.slice(0, 8).map(Number);
  return { all: numbers.reduce((a, b) => a + b, 0), idle: (numbers[3] ?? 0) + (numbers[4] ?? 0) };
}
