import type { Place } from "./place.ts";

export interface Libinput {
  /** Everything printed so far. */
  output(): Promise<string>;
  /** Polls until the output matches; fails with the output. */
  until(pattern: RegExp, milliseconds?: number): Promise<string>;
  stop(): Promise<void>;
}

let count = 0;

/** `libinput debug-events` in a place, as any graphical session there would see the devices. */
export async function libinputIn(place: Place): Promise<Libinput> {
  const file = `/tmp/libinput-${++count}`;
  const pid = await place.sh(`
    stdbuf -oL libinput debug-events --show-keycodes > ${file} 2>&1 &
    echo $!`);
  const output = (): Promise<string> => place.sh(`cat ${file}`);
  const until = async (pattern: RegExp, milliseconds = 15_000): Promise<string> => {
    const deadline = Date.now() + milliseconds;
    for (;;) {
      const text = await output();
      if (pattern.test(text)) return text;
      if (Date.now() > deadline) {
        throw new Error(`libinput in ${place.name} did not print ${pattern} within ${milliseconds} ms, but:\n${text}`);
      }
    }
  };
  // With no device there it says so, with some it lists them: either way it listens from then on.
  await until(/Expected device added|DEVICE_ADDED/);
  return { output, until, stop: async () => void (await place.run(`kill ${pid.trim()}; rm -f ${file}`)) };
}
