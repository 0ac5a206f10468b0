import { type Bus, parseJson, readLog } from "@udevns/bus";
import { type DevnodeWork, type InjectWork, streamNames, subjects, type UeventMessage } from "@udevns/protocol";
import { labelOf } from "../../support/synthetic.ts";

/** What the three logs of a host say of one device, a line each: where an event got lost, or came twice, is seen here. */
export async function historyOf(bus: Bus, host: string, devpath: string): Promise<string> {
  const lines = async <M>(stream: string, line: (message: M) => string | undefined): Promise<string[]> => {
    const stored = await readLog(bus, stream, { sequence: 1 });
    return stored.flatMap(({ subject, data }) => {
      const text = subject === subjects.term(host) ? undefined : line(parseJson(data, subject) as M);
      return text === undefined ? [] : [text];
    });
  };
  const uevents = await lines<UeventMessage>(streamNames.uevent(host), (event) =>
    event.devpath === devpath ? `${labelOf(event)} ${event.id}` : undefined,
  );
  const orders = await lines<DevnodeWork>(streamNames.devnode(host), (order) =>
    "device" in order && order.device.devpath === devpath
      ? `${order.kind} ${labelOf(order.uevent)} ${order.container.name} ${order.id}`
      : undefined,
  );
  const injections = await lines<InjectWork>(streamNames.inject(host), ({ uevent, id, container }) =>
    uevent.devpath === devpath ? `${labelOf(uevent)} ${container.name} ${id}` : undefined,
  );
  return [`${devpath}`, "captured", ...uevents, "ordered", ...orders, "to inject", ...injections].join("\n");
}
