import { setTimeout as sleep } from "node:timers/promises";
import { PATIENCE, POLL } from "./patience.ts";
import type { Place } from "./place.ts";

/** What libinput prints, each line with the seconds since boot in front. */
export interface Output {
  text(): Promise<string>;
  /** Polls until the text matches, then gives it; fails with the text. */
  until(pattern: RegExp, milliseconds?: number): Promise<string>;
}

export interface Libinput extends Output {
  /** Only what is printed after this moment. */
  fromNow(): Promise<Output>;
  stop(): Promise<void>;
}

let count = 0;

/** `libinput debug-events` in a place, as any graphical session there would see the devices. */
export async function libinputIn(place: Place): Promise<Libinput> {
  const file = `/tmp/libinput-${++count}`;
  const pid = await place.sh(`
    mkfifo ${file}.raw
    stdbuf -oL libinput debug-events --show-keycodes > ${file}.raw 2>&1 & echo $!
    while read -r line; do read -r now rest < /proc/uptime; echo "$now $line"; done < ${file}.raw > ${file} 2>/dev/null &`);
  const from = (start: number): Output => {
    const text = async (): Promise<string> => (await place.read(file)).slice(start);
    return { text, until: (pattern, milliseconds = PATIENCE) => poll(place, text, pattern, milliseconds) };
  };
  const all = from(0);
  // With no device there it says so, with some it lists them: either way it listens from then on.
  await all.until(/Expected device added|DEVICE_ADDED/);
  return {
    ...all,
    fromNow: async () => from((await all.text()).length),
    stop: async () => void (await place.run(`kill ${pid.trim()}; rm -f ${file} ${file}.raw`)),
  };
}

async function poll(place: Place, read: () => Promise<string>, pattern: RegExp, milliseconds: number): Promise<string> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const text = await read();
    if (pattern.test(text)) return text;
    if (Date.now() > deadline) {
      throw new Error(`libinput in ${place.name} did not print ${pattern} within ${milliseconds} ms, but:\n${text}`);
    }
    await sleep(POLL);
  }
}
