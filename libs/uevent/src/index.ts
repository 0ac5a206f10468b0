export * from "./format.ts";
export * from "./libudev-message.ts";
export * from "./listeners.ts";
export * from "./murmur2.ts";
export * from "./parse.ts";
export * from "./udev-database.ts";
