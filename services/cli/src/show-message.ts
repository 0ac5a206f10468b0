import { parseJson } from "@udevns/bus";
import { ContainerEvent, checked, DevnodeWork, InjectWork, UeventMessage, WorkResult } from "@udevns/protocol";
import { type MonitorLine, monitorLine } from "./monitor-line.ts";

/** What `monitor` and `events` print: the line for people, the document for programs. */
export interface ShownMessage {
  readonly line: MonitorLine;
  readonly document: { readonly subject: string } & ({ readonly message: unknown } | { readonly malformed: string });
}

/** By what the subject's kind begins with; records of the audit are shown by their text alone. */
const schemas = {
  uevent: UeventMessage,
  "work.devnode": DevnodeWork,
  "work.inject": InjectWork,
  result: WorkResult,
  container: ContainerEvent,
} as const;

/**
 * One message of the bus. Anybody may publish anything there, so what is no message of ours is shown as malformed and never throws.
 * @returns undefined for what a reader of a device's life does not want to see
 */
export function showMessage(subject: string, data: Uint8Array, onlyContainer?: string): ShownMessage | undefined {
  try {
    // A request without parameters has no body.
    const message = data.length === 0 ? {} : parseJson(data, subject);
    const line = monitorLine(subject, message, onlyContainer);
    if (line === undefined) return undefined;
    check(subject, message);
    return { line, document: { subject, message } };
  } catch (error) {
    // It concerns no container that could be named.
    if (onlyContainer !== undefined) return undefined;
    const malformed = (error as Error).message;
    const at = new Date().toISOString().slice(11, 23);
    return {
      line: { at, hop: "malformed", colour: "red", text: `${subject}: ${malformed}` },
      document: { subject, malformed },
    };
  }
}

function check(subject: string, message: unknown): void {
  const kind = subject.split(".").slice(2).join(".");
  for (const [begin, schema] of Object.entries(schemas)) {
    if (kind.startsWith(`${begin}.`)) checked(schema, message, subject);
  }
  if (kind.startsWith("audit.") && typeof (message as { text?: unknown }).text !== "string") {
    throw new Error("an audit record has a text");
  }
}
