import { setTimeout as sleep } from "node:timers/promises";
import { PATIENCE, POLL } from "./patience.ts";
import type { Place } from "./place.ts";

export interface UdevEvent {
  /** "kernel": as it came over the netlink group; "udev": after the rules of the udevd there. */
  readonly source: "kernel" | "udev";
  /** Seconds since boot, when the monitor got it. */
  readonly at: number;
  readonly action: string;
  readonly devpath: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface Monitor {
  /** All that has come so far. */
  events(): Promise<UdevEvent[]>;
  /** Polls until the events satisfy the condition, then gives them; fails with what was seen instead. */
  until(
    what: string,
    condition: (events: readonly UdevEvent[]) => boolean,
    milliseconds?: number,
  ): Promise<UdevEvent[]>;
  stop(): Promise<void>;
}

let count = 0;

/** `udevadm monitor` in a place, from now on. */
export async function monitorIn(place: Place): Promise<Monitor> {
  const file = `/tmp/monitor-${++count}`;
  const pid = await place.sh(`
    stdbuf -oL udevadm monitor --kernel --udev --property > ${file} 2>&1 &
    echo $!
    for i in $(seq 600); do grep -q '^KERNEL - ' ${file} && exit 0; sleep 0.05; done
    echo "udevadm monitor did not start in ${place.name}" >&2; exit 1`);
  const events = async (): Promise<UdevEvent[]> => parseMonitor(await place.read(file));
  return {
    events,
    async until(what, condition, milliseconds = PATIENCE) {
      const deadline = Date.now() + milliseconds;
      for (;;) {
        const seen = await events();
        if (condition(seen)) return seen;
        if (Date.now() > deadline) {
          const list = seen.map((event) => `${event.source} ${event.action} ${event.devpath}`).join("\n");
          throw new Error(`${place.name}: ${what}: not within ${milliseconds} ms; seen:\n${list}`);
        }
        await sleep(POLL);
      }
    },
    stop: async () => void (await place.run(`kill ${pid.trim()}; rm -f ${file}`)),
  };
}

/** Events are blocks: a head line, the properties, an empty line; the last block may still be growing. */
export function parseMonitor(text: string): UdevEvent[] {
  return text
    .split("\n\n")
    .slice(0, -1)
    .flatMap((block) => {
      const [head = "", ...lines] = block.trim().split("\n");
      const match = /^(KERNEL|UDEV)\s*\[([\d.]+)\]\s+(\S+)\s+(\S+)/.exec(head);
      if (match === null) return [];
      const [, source, at, action = "", devpath = ""] = match;
      const properties = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
      );
      return [{ source: source === "KERNEL" ? "kernel" : "udev", at: Number(at), action, devpath, properties }];
    });
}

export const fromKernel = (events: readonly UdevEvent[]): UdevEvent[] => events.filter((e) => e.source === "kernel");
export const fromUdev = (events: readonly UdevEvent[]): UdevEvent[] => events.filter((e) => e.source === "udev");

/** Short and in order, for comparison of two places: "add /devices/…". */
export const outline = (events: readonly UdevEvent[]): string[] => events.map((e) => `${e.action} ${e.devpath}`);
