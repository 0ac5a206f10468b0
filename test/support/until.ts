/**
 * Waits until the condition holds. @throws after the deadline, with what was waited for
 * @param deadlineMs by default what a loaded machine may need for anything: who never gets there has failed, however late that is told
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = condition.toString(),
  deadlineMs = 60_000,
): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`gave up waiting for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
