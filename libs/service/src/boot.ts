import { readFileSync } from "node:fs";

/** Tells one boot of this machine from another (random(4)). */
export const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
