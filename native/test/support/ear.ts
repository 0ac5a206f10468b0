import { openUeventMonitor, type UeventDatagram, type UeventMonitorOptions } from "../../src/index.ts";

/** A monitor to await datagrams from. */
export function listen(options: UeventMonitorOptions) {
  const heard: UeventDatagram[] = [];
  const overflows: { where: "socket" | "queue"; lost: number }[] = [];
  let wake = () => {};
  const monitor = openUeventMonitor(options, {
    onEvents(batch) {
      heard.push(...batch);
      wake();
    },
    onOverflow(where, lost) {
      overflows.push({ where, lost });
      wake();
    },
    onError(error) {
      throw error;
    },
  });
  const until = async <T>(look: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return {
    monitor,
    heard,
    overflows,
    until,
    event: (text: string) => until(() => heard.find(({ payload }) => payload.includes(text))),
    close: () => monitor.close(),
  };
}

export const uevent = (devpath: string): Buffer =>
  Buffer.from(`add@${devpath}\0ACTION=add\0DEVPATH=${devpath}\0SUBSYSTEM=test\0`);
