const DELAY_MS = 200;
const JITTER_MS = 100;

/**
 * For the client's `reconnectDelayHandler`. The client dials when the delay has passed since its last attempt, by the wall clock: where
 * that was set back meanwhile, it would wait until the old time comes again. So what it is told follows a clock that nobody sets.
 */
export function reconnectDelay(now = () => performance.now()): () => number {
  let next = 0;
  return () => {
    const at = now();
    if (at < next) return next - at;
    next = at + DELAY_MS + Math.random() * JITTER_MS;
    return Number.NEGATIVE_INFINITY;
  };
}
