import type { Hops } from "@udevns/protocol";

/** What `npm run demo -- --json` prints as its last line. */
export interface DemoReport {
  readonly ok: boolean;
  readonly device: { readonly devpath: string; readonly devname: string; readonly devnum: string };
  readonly owners: readonly {
    readonly container: string;
    readonly userns: boolean;
    readonly node: string;
    readonly nodeUsable: boolean;
    /** True when the node was still there after the unplug. */
    readonly nodeLeft: boolean;
    readonly actions: readonly string[];
  }[];
  readonly bystanders: readonly {
    readonly container: string;
    readonly userns: boolean;
    readonly node: boolean;
    /** Sent by udevns. */
    readonly events: number;
    /** Sent by the kernel to every namespace of the initial user namespace. */
    readonly kernelBroadcasts: number;
  }[];
  /** µs that each hop took, median of the events of this run; `total` from the socket's receive to the send. */
  readonly latency_us: Readonly<Record<"capture" | "policy" | "devnode" | "inject" | "total", number>>;
}

export function medianHops(all: readonly Hops[]): DemoReport["latency_us"] {
  const between = (from: keyof Hops, to: keyof Hops) =>
    median(all.flatMap((hops) => (hops[from] === undefined || hops[to] === undefined ? [] : [hops[to] - hops[from]])));
  return {
    capture: between("received", "capture"),
    policy: between("capture", "policy"),
    devnode: between("policy", "devnode"),
    inject: between("devnode", "inject"),
    total: between("received", "inject"),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
