import type {
  ContainerEvent,
  DecisionRecord,
  DevnodeWork,
  Hops,
  InjectWork,
  UeventMessage,
  WorkResult,
} from "@udevns/protocol";
import type { Colour } from "./output.ts";

export interface MonitorLine {
  /** Local time of day. */
  readonly at: string;
  readonly hop: string;
  readonly colour: Colour;
  readonly text: string;
}

/** One message as one line. @returns undefined for what a reader of a device's life does not want to see */
export function monitorLine(subject: string, message: unknown, onlyContainer?: string): MonitorLine | undefined {
  const kind = subject.split(".").slice(2, 4).join(".");
  const line = describe(kind, message);
  if (line === undefined) return undefined;
  if (onlyContainer !== undefined && line.container !== onlyContainer) return undefined;
  return { at: new Date().toISOString().slice(11, 23), hop: line.hop, colour: line.colour, text: line.text };
}

type Described = Omit<MonitorLine, "at"> & { readonly container?: string };

function describe(kind: string, message: unknown): Described | undefined {
  const [first, second] = kind.split(".");
  switch (first) {
    case "uevent": {
      const { action, devpath, subsystem, source, seqnum } = message as UeventMessage;
      return { hop: "uevent", colour: "cyan", text: `${action} ${devpath} (${subsystem}) ${source} ${seqnum}` };
    }
    case "audit":
      return second === undefined
        ? undefined
        : { hop: "policy", colour: "magenta", text: (message as DecisionRecord).text };
    case "work":
      return workLine(second, message);
    case "result":
      return resultLine(message as WorkResult);
    case "container": {
      const { event, container } = message as ContainerEvent;
      return {
        hop: "container",
        colour: "blue",
        container: container.name,
        text: `${event} ${container.name} pid ${container.pid}`,
      };
    }
    default:
      return undefined;
  }
}

/** The log of orders holds more than orders: a term's beginning is one replica's affair. */
function workLine(kind: string | undefined, message: unknown): Described | undefined {
  if (kind === "devnode") return devnodeLine(message as DevnodeWork);
  return kind === "inject" ? injectLine(message as InjectWork) : undefined;
}

function devnodeLine(order: DevnodeWork): Described {
  const what = "device" in order ? ` ${order.device.devpath}` : order.kind === "gate" ? ` ${order.wish}` : "";
  return {
    hop: "order",
    colour: "yellow",
    container: order.container.name,
    text: `${order.kind} ${order.container.name}${what}`,
  };
}

const injectLine = ({ container, uevent }: InjectWork): Described => ({
  hop: "inject",
  colour: "yellow",
  container: container.name,
  text: `${uevent.action} to ${container.name} ${uevent.devpath}`,
});

function resultLine({ role, outcome, container, action, devpath, node, error, hops }: WorkResult): Described {
  const text = [
    `${role} ${outcome}`,
    container,
    action,
    node ?? devpath,
    error?.message ?? "",
    role === "inject" ? took(hops) : "",
  ];
  return {
    hop: "result",
    colour: error === undefined ? "green" : "red",
    container,
    text: text.filter((part) => part !== "").join(" "),
  };
}

function took({ received, inject }: Hops): string {
  return received === undefined || inject === undefined ? "" : `in ${((inject - received) / 1000).toFixed(2)} ms`;
}
