import type { Bus } from "@udevns/bus";
import type { GateState } from "@udevns/protocol";
import { listenForStatuses, statusKey } from "./statuses.ts";

/** How the gates of a host's containers are, by the container's instance, as its devnode says; nothing where that is silent. */
export async function readGates(bus: Bus, host: string): Promise<ReadonlyMap<string, GateState>> {
  const seen = await listenForStatuses(bus, host, (statuses) => statuses.has(`${host}/devnode`));
  const devnode = seen.find((status) => statusKey(status) === `${host}/devnode`);
  return new Map((devnode?.gates ?? []).map((gate) => [gate.instance, gate]));
}

/** `bpf (12 dropped)`, `none, required`, `-` where none is wished. */
export function gateText(gate: GateState | undefined): string {
  if (gate === undefined) return "-";
  if (gate.kind === "none") return gate.wish === "require" ? "none, required" : "none";
  return gate.dropped === undefined ? gate.kind : `${gate.kind}, ${gate.dropped} dropped`;
}
