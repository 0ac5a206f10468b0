import { call } from "@udevns/bus";
import { ScanReply, subjects } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { Missed } from "./missed.ts";

/** Between two attempts to have capture say what was missed: at first, and at most. */
const ASK_AGAIN_MS = 5_000;
const ASK_AGAIN_AT_MOST_MS = 60_000;
/** A scan waits until a storm lets it look. */
const SCAN_MS = 30_000;

export interface AskCaptureOptions {
  readonly context: Pick<ServiceContext, "bus" | "log">;
  readonly host: string;
  /** Writes down what is known by now; resolves when it is written. */
  writeDown(): Promise<void>;
  onMended(): void;
}

/**
 * Has one host's capture make up for what policy has missed. Capture compares /sys with what is written down and what the log still
 * has behind that. So what policy knows beyond it is written down first: the log may have dropped where it is from, and capture
 * would find nothing amiss.
 */
export function missedEvents({ context: { bus, log }, host, writeDown, onMended }: AskCaptureOptions): Missed {
  return new Missed({
    delayMs: ASK_AGAIN_MS,
    maxDelayMs: ASK_AGAIN_AT_MOST_MS,
    ask: async () => {
      await writeDown();
      const found = await call(bus, subjects.rpc(host, "scan"), {}, ScanReply, SCAN_MS);
      log.info({ for: host, ...found }, "capture has said what differs from what was missed");
    },
    onMended,
    onFailed: (error, failures) =>
      log[failures === 1 ? "warn" : "debug"]({ for: host, err: error }, "capture does not say what was missed"),
  });
}
