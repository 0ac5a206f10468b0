import { once } from "node:events";
import { accessSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Runtime } from "@udevns/protocol";
import Docker from "dockerode";
import type { RuntimeAdapter, Sighting } from "./runtime.ts";

/** A daemon that is gone answers at once; one that hangs must not hold up what else there is to do. */
const TIMEOUT_MS = 10_000;
const EVENTS = ["start", "restart", "die", "pause", "unpause", "rename"];

/** Docker's API, and what speaks it. */
export class DockerAdapter implements RuntimeAdapter {
  readonly runtime: Runtime;
  readonly place: string;
  readonly #docker: Docker;
  /** The same without a time limit: its stream of events is silent for as long as nothing happens. */
  readonly #events: Docker;
  readonly #known = new Map<string, Sighting>();
  /** Containers with an event since they were last asked for. The list may lag behind the event that it is asked for after. */
  readonly #touched = new Set<string>();

  constructor(socketPath: string, runtime: Extract<Runtime, "docker" | "podman"> = "docker") {
    this.runtime = runtime;
    this.place = socketPath;
    this.#docker = new Docker({ socketPath, timeout: TIMEOUT_MS });
    this.#events = new Docker({ socketPath });
  }

  async list(): Promise<Sighting[]> {
    const listed = (await this.#docker.listContainers()).map(({ Id }) => Id);
    const asked = [...new Set([...listed.filter((id) => !this.#known.has(id)), ...this.#touched])];
    this.#touched.clear();
    for (const id of this.#known.keys()) if (!listed.includes(id)) this.#known.delete(id);
    await Promise.all(asked.map((id) => this.#ask(id)));
    return [...this.#known.values()];
  }

  async watch(changed: () => void, signal: AbortSignal): Promise<void> {
    this.#known.clear();
    // Most hosts have one runtime of several, and the others are looked for again and again: a request is the dearer way to learn it.
    accessSync(this.place);
    const stream = (await this.#events.getEvents({
      filters: { type: ["container"], event: EVENTS },
    })) as NodeJS.ReadableStream & { destroy(): void };
    signal.addEventListener("abort", () => stream.destroy(), { once: true });
    const lines = createInterface({ input: stream });
    lines.on("line", (line) => {
      const actor = actorOf(line);
      if (actor !== undefined) this.#touched.add(actor);
      changed();
    });
    changed();
    await once(lines, "close");
  }

  async #ask(id: string): Promise<void> {
    try {
      const { Name, State, Config } = await this.#docker.getContainer(id).inspect();
      if (!(State.Pid > 0)) this.#known.delete(id);
      else {
        const state = State.Paused ? "paused" : "running";
        this.#known.set(id, { id, pid: State.Pid, state, name: Name.replace(/^\//, ""), labels: Config.Labels ?? {} });
      }
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 404) {
        this.#touched.add(id);
        throw error;
      }
      this.#known.delete(id);
    }
  }
}

function actorOf(line: string): string | undefined {
  try {
    const event = JSON.parse(line) as { Actor?: { ID?: string }; id?: string };
    return event.Actor?.ID ?? event.id;
  } catch {
    return undefined;
  }
}
