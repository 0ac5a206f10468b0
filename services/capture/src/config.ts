import { join } from "node:path";
import { token } from "@udevns/protocol";
import { type BaseConfig, type Environment, integer, ueventBufferBytes, ueventSocket } from "@udevns/service";

export interface CaptureConfig {
  /** Bytes asked for the uevent socket. */
  readonly receiveBufferBytes: number;
  /** A socket that the supervisor opened and keeps open, so that events wait in it while capture is away. */
  readonly socket: number | undefined;
  /** Where a keeper of that socket listens, if there is no such supervisor. `UDEVNS_UEVENT_KEEPER`. */
  readonly keeper: string | undefined;
  /** Messages that are not yet stored. */
  readonly unstoredFile: string;
  /** Messages that may wait for the bus; past it events are given up for a scan. `UDEVNS_CAPTURE_BUFFER`. */
  readonly maxPending: number;
  /** More sysfs attributes to read of every device, for policies that ask for them. `UDEVNS_ATTRIBUTES`, comma-separated. */
  readonly extraAttributes: readonly string[];
}

/** @throws UDEVNS_E_CONFIG */
export const captureConfig = (env: Environment, { runDir, host }: BaseConfig): CaptureConfig => ({
  receiveBufferBytes: ueventBufferBytes(env),
  socket: ueventSocket(env),
  keeper: env.UDEVNS_UEVENT_KEEPER || undefined,
  unstoredFile: join(runDir, token(host), "capture", "unstored"),
  maxPending: integer(env, "UDEVNS_CAPTURE_BUFFER", 16_384, [1, 1 << 20]),
  extraAttributes: (env.UDEVNS_ATTRIBUTES ?? "").split(",").filter((name) => name !== ""),
});
