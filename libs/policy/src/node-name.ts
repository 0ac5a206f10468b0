import type { DeviceFacts } from "./facts.ts";
import { isNodePath } from "./node-path.ts";

/** What `{…}` in a node's name or link stands for. */
const values = {
  kernel: ({ name }: DeviceFacts) => name,
  number: ({ name }: DeviceFacts) => /\d+$/.exec(name)?.[0] ?? "",
  devname: ({ record }: DeviceFacts) => record.devname ?? "",
  serial: ({ serial }: DeviceFacts) => serial ?? "",
  vendor: ({ ids }: DeviceFacts) => ids?.vendor ?? "",
  product: ({ ids }: DeviceFacts) => ids?.product ?? "",
  port: ({ unit }: DeviceFacts) => unit.unit.port ?? "",
} as const satisfies Record<string, (device: DeviceFacts) => string>;

export const placeholders = Object.keys(values);

const hole = /\{([^{}]*)\}/g;

/** True for a template that can become a node's path. */
export const isTemplate = (template: string): boolean =>
  [...template.matchAll(hole)].every(([, name]) => Object.hasOwn(values, name!)) &&
  isNodePath(template.replace(hole, "x")) &&
  !/[{}]/.test(template.replace(hole, ""));

/** Fills a template. What a device says of itself becomes one harmless path component, as udev makes it. */
export const fillTemplate = (template: string, device: DeviceFacts): string =>
  template.replace(hole, (_, name: keyof typeof values) => {
    const value = values[name](device);
    return name === "devname" ? value : value.replace(/[^A-Za-z0-9#+.:=@_-]/g, "_");
  });
