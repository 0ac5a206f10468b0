import type { GateState } from "@udevns/protocol";
import type { GateEntry } from "./gate-file.ts";

/** A container's gate as it is now. */
export interface Gate extends GateEntry {
  readonly wish: Exclude<GateEntry["wish"], "off">;
  readonly kind: GateState["kind"];
  /** Why there is none. */
  readonly detail?: string;
  readonly retry?: Retry;
}

/** When one that failed is tried again. */
interface Retry {
  readonly at: number;
  readonly delay: number;
}

export const NOT_YET = "it is not closed yet";

const FIRST_DELAY_MS = 2_000;
const LAST_DELAY_MS = 64_000;

/** A container that may have no device until then is not kept waiting; for others, each try costs more than a try is worth. */
export function withRetry(gate: Gate, before: Retry | undefined, now: number): Gate {
  if (gate.kind !== "none") return gate;
  const delay =
    before === undefined || gate.wish === "require" ? FIRST_DELAY_MS : Math.min(2 * before.delay, LAST_DELAY_MS);
  return { ...gate, retry: { at: now + delay, delay } };
}

export function stateOf({ container, wish, kind, detail }: Gate, dropped: ReadonlyMap<string, number>): GateState {
  const { name, instance, namespaces } = container;
  return {
    container: name,
    instance,
    wish,
    kind,
    ...(detail === undefined ? {} : { detail }),
    ...(kind === "bpf" ? { dropped: dropped.get(namespaces.net) ?? 0 } : {}),
  };
}
