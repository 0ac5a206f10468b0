export * from "./bucket.ts";
export * from "./connect.ts";
export * from "./log-reader.ts";
export * from "./log-writer.ts";
export * from "./provision.ts";
export * from "./rpc.ts";
export * from "./tap.ts";
