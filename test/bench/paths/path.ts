import { writeFileSync } from "node:fs";
import type { HeardEvent, Listener } from "../../support/listener.ts";
import { until } from "../../support/until.ts";
import { arrived } from "../arrived.ts";
import { type Distribution, distribution } from "../statistics.ts";

/** One way of an event from the kernel to a listener in a container's network namespace. */
export interface Path {
  /** A device whose `uevent` file makes the kernel send what is written to it. */
  readonly devpath: string;
  readonly listener: Listener;
  /** True for the event that this path delivers: the kernel's own, or an injected one. */
  delivers(event: HeardEvent): boolean;
  /** Only what comes and goes is passed on, no `change`. */
  readonly plugsOnly?: boolean;
  /** Looks from inside whether the node can be opened; undefined for a path that makes no node. */
  readonly nodeUsable?: () => boolean;
  /** More figures, asked for at the end. */
  extras?(): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

export interface PathFigures {
  /** µs from just before the write to the listener's receive. */
  readonly event: Distribution;
  /** µs from just before the write to the first open that succeeds; found by polling every 50 µs, so an upper bound. */
  readonly node?: Distribution;
  /** `change` as fast as it can be written. */
  readonly burst?: Burst;
  /** `remove` and `add` in turn, half as many. */
  readonly plugBurst: Burst;
  readonly extras?: Record<string, unknown>;
}

export interface Burst {
  readonly sent: number;
  readonly lost: number;
  readonly outOfOrder: number;
  readonly eventsPerSecond: number;
  readonly lastAfterMs: number;
}

const nanos = () => process.hrtime.bigint();
const pause = new Int32Array(new SharedArrayBuffer(4));

export async function benchPath(
  path: Path,
  { rounds, burst }: { rounds: number; burst: number },
): Promise<PathFigures> {
  const warmUp = Math.min(100, rounds);
  const events: number[] = [];
  const nodes: number[] = [];
  for (let round = -warmUp; round < rounds; round += 1) {
    const { event, node } = await oneRound(path);
    if (round >= 0) events.push(event);
    if (round >= 0 && node !== undefined) nodes.push(node);
  }
  const burstFigures = path.plugsOnly ? {} : { burst: await oneBurst(path, ["change"], burst) };
  const plugBurst = await oneBurst(path, ["remove", "add"], burst / 2);
  return {
    event: distribution(events),
    ...(nodes.length > 0 ? { node: distribution(nodes) } : {}),
    ...burstFigures,
    plugBurst,
    ...(path.extras === undefined ? {} : { extras: await path.extras() }),
  };
}

/** `remove` first, so that `add` finds nothing there; the time is that of `add`. */
export async function oneRound(path: Path): Promise<{ event: number; node: number | undefined }> {
  const send = sender(path);
  await delivered(path, "remove", () => send("remove"));
  const start = nanos();
  let node: number | undefined;
  const event = await delivered(path, "add", () => {
    send("add");
    if (path.nodeUsable === undefined) return;
    while (!path.nodeUsable()) Atomics.wait(pause, 0, 0, 0.05);
    node = micros(nanos() - start);
  });
  return { event: micros(event.receivedAtNs - start), node };
}

async function delivered(path: Path, action: string, run: () => void): Promise<HeardEvent> {
  path.listener.events.length = 0;
  run();
  let found: HeardEvent | undefined;
  await until(() => {
    found = path.listener.events.find(
      (event) => event.devpath === path.devpath && event.action === action && path.delivers(event),
    );
    return found !== undefined;
  }, `${action} of ${path.devpath}`);
  return found as HeardEvent;
}

export async function oneBurst(path: Path, actions: readonly string[], count: number): Promise<Burst> {
  const send = sender(path);
  path.listener.events.length = 0;
  const start = nanos();
  // SYNTH_ARG_N comes back in the event, so that each can be told from the others (Documentation/ABI/testing/sysfs-uevent).
  for (let index = 0; index < count; index += 1) send(`${actions[index % actions.length]} ${UUID} N=${index}`);
  const mine = () =>
    path.listener.events.filter((event) => event.properties.SYNTH_ARG_N !== undefined && path.delivers(event));
  await arrived(count, () => mine().length);
  const heard = mine();
  const order = heard.map((event) => Number(event.properties.SYNTH_ARG_N));
  const last = heard.at(-1)?.receivedAtNs ?? start;
  const seconds = Number(last - start) / 1e9;
  return {
    sent: count,
    lost: count - new Set(order).size,
    outOfOrder: order.filter((number, index) => index > 0 && number < (order[index - 1] as number)).length,
    eventsPerSecond: seconds > 0 ? Math.round(heard.length / seconds) : 0,
    lastAfterMs: Math.round(seconds * 10_000) / 10,
  };
}

const sender = (path: Path) => (action: string) => writeFileSync(`/sys${path.devpath}/uevent`, action);
const UUID = "9f2c7b1e-5a54-4f3e-8d7a-1d2c3b4a5968";
const micros = (ns: bigint): number => Number(ns) / 1000;
