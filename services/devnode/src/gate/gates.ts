import type { ContainerTarget, GateState, GateWish } from "@udevns/protocol";
import type { HeldContainers } from "../containers.ts";
import { droppedByNamespace, unloadIfEmpty } from "./bpf.ts";
import { closeGate, openGate } from "./close.ts";
import { type Gate, NOT_YET, stateOf, withRetry } from "./gate.ts";
import { gateFacts } from "./gate-facts.ts";
import type { GateFile } from "./gate-file.ts";
import { LeftGates } from "./left-gates.ts";
import { NotClosed } from "./not-closed.ts";
import { type Closer, planGate } from "./plan.ts";

/** What gates are closed with. */
export const gateHands = {
  closeGate,
  openGate,
  gateFacts,
  droppedByNamespace,
  unloadIfEmpty,
  now: () => performance.now(),
};

/**
 * Keeps the host's own events out of the containers that policy names. One thing after the other: the kernel gives the number of
 * a namespace that ended to the next one, and what is done for the one must not undo what was done for the other.
 */
export class Gates {
  readonly #file: GateFile;
  readonly #containers: Pick<HeldContainers, "isAlive" | "hold">;
  readonly #hands: typeof gateHands;
  readonly #gates = new Map<string, Gate>();
  readonly #left: LeftGates;
  #last: Promise<unknown> = Promise.resolve();
  #dropped: ReadonlyMap<string, number> = new Map();
  #stopped = false;

  constructor(file: GateFile, containers: Pick<HeldContainers, "isAlive" | "hold">, hands = gateHands) {
    this.#file = file;
    this.#containers = containers;
    this.#hands = hands;
    this.#left = new LeftGates((container, closers) => this.#open(container, closers));
  }

  /** After a restart: closes again what shall be, and opens what an ended container has left. */
  async restore(): Promise<void> {
    const entries = this.#file.read();
    for (const entry of entries) {
      const { container, wish } = entry;
      if (wish === "off" || !this.#containers.isAlive(container)) this.#left.add(entry);
      else this.#gates.set(container.instance, { ...entry, wish, kind: "none", detail: NOT_YET });
    }
    await this.#inTurn(() => this.#openLeft());
    for (const { container, wish } of [...this.#gates.values()]) await this.set(container, wish);
  }

  /** @returns how it is now; undefined where nothing is wished */
  async set(container: ContainerTarget, wish: GateWish): Promise<GateState | undefined> {
    return await this.#inTurn(async () => {
      const { instance } = container;
      // A look that was under way when the service stopped must not close again what that has opened.
      if (this.#stopped) return undefined;
      if (wish === "off" || !this.#containers.isAlive(container)) {
        await this.#drop(instance);
        return undefined;
      }
      const known = this.#gates.get(instance);
      const gate =
        known !== undefined && known.kind !== "none"
          ? { ...known, wish }
          : await this.#close({ container, wish, closers: known?.closers ?? [], kind: "none", detail: NOT_YET });
      this.#keep(withRetry(gate, known?.retry, this.#hands.now()));
      return stateOf(gate, this.#dropped);
    });
  }

  /** The container is gone, or no longer ours. */
  async forget(instance: string): Promise<void> {
    await this.#inTurn(() => this.#drop(instance));
  }

  /** Why a container may have no device. */
  obstacleFor(instance: string): string | undefined {
    const gate = this.#gates.get(instance);
    return gate?.wish === "require" && gate.kind === "none" ? (gate.detail ?? NOT_YET) : undefined;
  }

  /** Tries again what has failed. @returns whether any was closed */
  async retry(): Promise<boolean> {
    await this.#inTurn(() => this.#openLeft());
    const now = this.#hands.now();
    const due = [...this.#gates.values()].filter(({ kind, retry }) => kind === "none" && (retry?.at ?? now) <= now);
    let any = false;
    for (const { container, wish } of due) any = ((await this.set(container, wish))?.kind ?? "none") !== "none" || any;
    return any;
  }

  /** Reads the counters of what was dropped; what somebody else has opened is closed again. @throws Error when they cannot be read */
  async look(): Promise<void> {
    const closed = [...this.#gates.values()].filter(({ kind }) => kind === "bpf");
    if (closed.length === 0) return;
    this.#dropped = await this.#hands.droppedByNamespace();
    for (const gate of closed) {
      const { container, wish } = gate;
      if (this.#dropped.has(container.namespaces.net) || this.#gates.get(container.instance) !== gate) continue;
      this.#keep({ ...gate, kind: "none", detail: NOT_YET });
      await this.set(container, wish);
    }
  }

  states(): GateState[] {
    return Array.from(this.#gates.values(), (gate) => stateOf(gate, this.#dropped));
  }

  /** A clean stop leaves nothing in the kernel; the wishes stay known for the next start. */
  async close(): Promise<void> {
    await this.#inTurn(async () => {
      this.#stopped = true;
      await this.#openLeft();
      const gates = [...this.#gates.values()];
      for (const { container, closers } of gates) await this.#open(container, closers);
      const usedBpf = gates.some(({ closers }) => closers.includes("bpf"));
      if (usedBpf) await this.#hands.unloadIfEmpty().catch(() => undefined);
    });
  }

  /** @returns the gate, closed or not, and with what it may be closed nevertheless */
  async #close(gate: Gate): Promise<Gate> {
    const { container } = gate;
    let { closers } = gate;
    const whys: string[] = [];
    try {
      const { pidfd } = this.#containers.hold(container).target;
      const plan = planGate(this.#hands.gateFacts(container, pidfd));
      if (plan.kind === "needless") return { container, wish: gate.wish, closers, kind: plan.by };
      if (plan.kind === "impossible") return { ...gate, detail: plan.why };
      for (const closer of plan.by) {
        closers = [...new Set([...closers, closer])];
        // Known before it is done: a life that ends in between must not leave a gate that nobody knows.
        this.#keep({ ...gate, closers });
        try {
          await this.#hands.closeGate(closer, { netns: container.namespaces.net, pidfd });
          return { container, wish: gate.wish, closers, kind: closer };
        } catch (error) {
          whys.push(`${closer}: ${(error as Error).message}`);
          const mayStand = !(error instanceof NotClosed) || error.mayStand;
          if (!mayStand || (await this.#open(container, [closer])).length === 0)
            closers = closers.filter((other) => other !== closer);
        }
      }
    } catch (error) {
      // Whatever it is: a failure that ended this task alone would let the gives behind it pass.
      whys.push((error as Error).message);
    }
    return { ...gate, closers, detail: whys.join("; ") };
  }

  async #drop(instance: string): Promise<void> {
    const gate = this.#gates.get(instance);
    if (gate === undefined) return;
    this.#gates.delete(instance);
    this.#left.add(gate);
    await this.#openLeft();
  }

  async #openLeft(): Promise<void> {
    if (this.#left.isEmpty()) return;
    await this.#left.open([...this.#gates.values()]);
    this.#write();
  }

  /** @returns those by which it may still be closed */
  async #open(container: ContainerTarget, closers: readonly Closer[]): Promise<Closer[]> {
    const pidfd = this.#containers.isAlive(container) ? this.#containers.hold(container).target.pidfd : undefined;
    const still: Closer[] = [];
    for (const closer of closers)
      await this.#hands.openGate(closer, { netns: container.namespaces.net, pidfd }).catch(() => still.push(closer));
    return still;
  }

  #keep(gate: Gate): void {
    this.#gates.set(gate.container.instance, gate);
    this.#write();
  }

  #write(): void {
    const gates = Array.from(this.#gates.values(), ({ container, wish, closers }) => ({ container, wish, closers }));
    this.#file.write([...gates, ...this.#left.entries()]);
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
