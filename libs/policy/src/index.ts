export * from "./decide.ts";
export * from "./diagnostic.ts";
export * from "./gives.ts";
export * from "./node-path.ts";
export * from "./policy.ts";
export { PolicyFile } from "./schema.ts";
