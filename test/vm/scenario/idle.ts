/**
 * Shell: waits until a process that does nothing but read and write down sleeps again. The kernel wakes a reader before the sender
 * goes on, so one that sleeps has written down all that it was sent.
 */
export const untilIdle = (pid: string): string =>
  `while [ -e /proc/${pid} ] && ! grep -q '^State:.S' /proc/${pid}/status; do sleep 0.02; done`;
