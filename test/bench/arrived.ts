import { until } from "../support/until.ts";

/** Nothing arrives any more: what has not come by then is lost. */
const SILENCE_MS = 5_000;
const LIMIT_MS = 120_000;

/** Waits until so many have been heard, or no more come. */
export async function arrived(count: number, heard: () => number): Promise<void> {
  let before = 0;
  let since = Date.now();
  await until(
    () => {
      const now = heard();
      if (now !== before) since = Date.now();
      before = now;
      return now >= count || Date.now() - since > SILENCE_MS;
    },
    `${count} events`,
    LIMIT_MS,
  );
}
