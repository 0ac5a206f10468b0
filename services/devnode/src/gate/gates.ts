import type { ContainerTarget, GateState, GateWish } from "@udevns/protocol";
import { runGateProgram } from "@udevns/service";
import type { HeldContainers } from "../containers.ts";
import { closeGate, openGate } from "./close.ts";
import { gateFacts } from "./gate-facts.ts";
import type { GateEntry, GateFile } from "./gate-file.ts";
import { type Closer, planGate } from "./plan.ts";

const NOT_YET = "it is not closed yet";

interface Gate extends GateEntry {
  readonly kind: GateState["kind"];
  readonly detail?: string;
}

/**
 * Keeps the host's own events out of the containers that policy names. One thing after the other: the kernel gives the number of
 * a namespace that ended to the next one, and what is done for the one must not undo what was done for the other.
 */
export class Gates {
  readonly #file: GateFile;
  readonly #containers: HeldContainers;
  readonly #gates = new Map<string, Gate>();
  #last: Promise<unknown> = Promise.resolve();
  #dropped: ReadonlyMap<string, number> = new Map();
  #stopped = false;

  constructor(file: GateFile, containers: HeldContainers) {
    this.#file = file;
    this.#containers = containers;
  }

  /** After a restart: closes again what shall be, and opens what an ended container has left. */
  async restore(): Promise<void> {
    const entries = this.#file.read();
    const alive = entries.filter(({ container }) => this.#containers.isAlive(container));
    for (const entry of alive) this.#gates.set(entry.container.instance, { ...entry, kind: "none", detail: NOT_YET });
    for (const entry of entries) if (!alive.includes(entry)) await this.#open(entry.container, entry.closer);
    for (const { container, wish } of alive) await this.set(container, wish);
    this.#file.write(this.#gates.values());
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
        known !== undefined && known.kind !== "none" ? { ...known, wish } : await this.#close({ container, wish });
      this.#keep(gate);
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

  /** Tries again what has failed and keeps devices back. @returns whether any succeeded */
  async retry(): Promise<boolean> {
    let any = false;
    for (const { container, wish } of [...this.#gates.values()].filter(({ container: { instance } }) =>
      this.obstacleFor(instance),
    ))
      any = (await this.set(container, wish))?.kind !== "none" || any;
    return any;
  }

  /** Reads the counters of what was dropped; what somebody else has opened is closed again. */
  async look(): Promise<void> {
    const closed = [...this.#gates.values()].filter(({ kind }) => kind === "bpf");
    if (closed.length === 0) return;
    this.#dropped = await droppedByNamespace();
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
      for (const { container, closer } of this.#gates.values()) await this.#open(container, closer, "even if shared");
      if ([...this.#gates.values()].some(({ closer }) => closer === "bpf")) await unloadIfEmpty();
    });
  }

  async #close({ container, wish }: GateEntry): Promise<Gate> {
    const none = (detail: string): Gate => ({ container, wish, kind: "none", detail });
    const whys: string[] = [];
    try {
      const { target } = this.#containers.hold(container);
      const plan = planGate(gateFacts(container, target.pidfd));
      if (plan.kind === "needless") return { container, wish, kind: plan.by };
      if (plan.kind === "impossible") return none(plan.why);
      for (const closer of plan.by) {
        // Known before it is done: a life that ends in between must not leave a gate that nobody knows.
        this.#keep({ container, wish, kind: "none", detail: NOT_YET, closer });
        try {
          await closeGate(closer, { netns: container.namespaces.net, pidfd: target.pidfd });
          return { container, wish, kind: closer, closer };
        } catch (error) {
          whys.push(`${closer}: ${(error as Error).message}`);
        }
      }
    } catch (error) {
      // Whatever it is: a failure that ended this task alone would let the gives behind it pass.
      whys.push((error as Error).message);
    }
    return none(whys.join("; "));
  }

  async #drop(instance: string): Promise<void> {
    const gate = this.#gates.get(instance);
    if (gate === undefined) return;
    this.#gates.delete(instance);
    await this.#open(gate.container, gate.closer);
    this.#file.write(this.#gates.values());
  }

  /** Not while another container has that namespace, or has got its number since. */
  async #open(container: ContainerTarget, closer: Closer | undefined, evenIf?: "even if shared"): Promise<void> {
    if (closer === undefined) return;
    const { net } = container.namespaces;
    const shared = [...this.#gates.values()].some(
      (other) => other.closer !== undefined && other.container.namespaces.net === net,
    );
    if (shared && evenIf === undefined) return;
    const pidfd = this.#containers.isAlive(container) ? this.#containers.hold(container).target.pidfd : undefined;
    await openGate(closer, { netns: net, pidfd }).catch(() => undefined);
  }

  #keep(gate: Gate): void {
    this.#gates.set(gate.container.instance, gate);
    this.#file.write(this.#gates.values());
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function stateOf({ container, wish, kind, detail }: Gate, dropped: ReadonlyMap<string, number>): GateState {
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

async function droppedByNamespace(): Promise<Map<string, number>> {
  try {
    const counts = JSON.parse(await runGateProgram("list", "--json")) as { netns: number; dropped: number }[];
    return new Map(counts.map(({ netns, dropped }) => [String(netns), dropped]));
  } catch {
    // Nothing is loaded.
    return new Map();
  }
}

/** Somebody may have added namespaces by hand. */
async function unloadIfEmpty(): Promise<void> {
  try {
    if ((await runGateProgram("list", "--json")).trim() === "[]") await runGateProgram("unload");
  } catch {
    // It is not loaded.
  }
}
