import { parseJson, tap } from "@udevns/bus";
import { checked, subjects, UeventMessage } from "@udevns/protocol";
import type { Stack } from "./stack.ts";

/** What capture publishes from now on, as a bare subscriber hears it. */
export async function hearCapture(
  stack: Pick<Stack, "bus" | "host">,
): Promise<{ subject: string; event: UeventMessage }[]> {
  const heard: { subject: string; event: UeventMessage }[] = [];
  tap(stack.bus, subjects.uevents(stack.host), (subject, data) => {
    heard.push({ subject, event: checked(UeventMessage, parseJson(data, subject), subject) });
  });
  await stack.bus.nc.flush();
  return heard;
}
