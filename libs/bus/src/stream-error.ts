import { UdevnsError } from "@udevns/protocol";
import { NatsError, type StreamInfo } from "nats";
import type { Bus } from "./connect.ts";
import { deniedError, isDenied } from "./denied.ts";

const STREAM_NOT_FOUND = 10059;

export function streamError(error: unknown, stream: string, url: string): UdevnsError {
  if (isDenied(error)) return deniedError(`stream ${stream}`, error);
  if (error instanceof NatsError && error.api_error?.err_code === STREAM_NOT_FOUND) {
    return new UdevnsError("UDEVNS_E_STREAM_MISSING", { stream }, { cause: error });
  }
  return new UdevnsError("UDEVNS_E_BUS_UNAVAILABLE", { url, detail: (error as Error).message }, { cause: error });
}

/** @throws UDEVNS_E_STREAM_MISSING, UDEVNS_E_BUS_DENIED, UDEVNS_E_BUS_UNAVAILABLE */
export async function streamInfo(bus: Bus, stream: string): Promise<StreamInfo> {
  try {
    return await bus.jsm.streams.info(stream);
  } catch (error) {
    throw streamError(error, stream, bus.url);
  }
}
