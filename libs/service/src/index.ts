export * from "./boot.ts";
export * from "./config.ts";
export * from "./counters.ts";
export * from "./keyed-queue.ts";
export * from "./policy-files.ts";
export * from "./progress-journal.ts";
export * from "./run.ts";
export * from "./single.ts";
