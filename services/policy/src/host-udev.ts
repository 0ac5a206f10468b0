import { existsSync } from "node:fs";
import type { DeviceRecord } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";

/** Whether a host has a udevd whose word may be waited for: here by libudev's own test, elsewhere by what it has handled before. */
export function hasUdev({ config, env }: ServiceContext, host: string, devices: Iterable<DeviceRecord>): boolean {
  if (host === config.host && !env.UDEVNS_HOSTS) return existsSync("/run/udev/control");
  return Array.from(devices).some(({ udev }) => udev !== undefined);
}

/** The value of the first call, kept. */
export function once<T>(work: () => T): () => T {
  let known: { value: T } | undefined;
  return () => {
    known ??= { value: work() };
    return known.value;
  };
}
