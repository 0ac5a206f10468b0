import { type Environment, integer } from "@udevns/service";

export interface CaptureConfig {
  /** Bytes asked for the uevent socket; the kernel needs 1.3 kB for a 300-byte event. `UDEVNS_RCVBUF`. */
  readonly receiveBufferBytes: number;
  /** Messages that may wait for the bus; past it events are given up for a scan. `UDEVNS_CAPTURE_BUFFER`. */
  readonly maxPending: number;
  /** More sysfs attributes to read of every device, for policies that ask for them. `UDEVNS_ATTRIBUTES`, comma-separated. */
  readonly extraAttributes: readonly string[];
}

/** @throws UDEVNS_E_CONFIG */
export const captureConfig = (env: Environment): CaptureConfig => ({
  receiveBufferBytes: integer(env, "UDEVNS_RCVBUF", 64 * 1024 * 1024, [4096, 1 << 30]),
  maxPending: integer(env, "UDEVNS_CAPTURE_BUFFER", 16_384, [1, 1 << 20]),
  extraAttributes: (env.UDEVNS_ATTRIBUTES ?? "").split(",").filter((name) => name !== ""),
});
