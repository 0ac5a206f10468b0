import { once } from "node:events";
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
  /** The list has no pids, and asking for one takes a request of its own. */
  readonly #pids = new Map<string, number>();

  constructor(socketPath: string, runtime: Extract<Runtime, "docker" | "podman"> = "docker") {
    this.runtime = runtime;
    this.place = socketPath;
    this.#docker = new Docker({ socketPath, timeout: TIMEOUT_MS });
    this.#events = new Docker({ socketPath });
  }

  async list(): Promise<Sighting[]> {
    const found = await this.#docker.listContainers();
    const sightings = await Promise.all(found.map((each) => this.#sight(each)));
    return sightings.flatMap((sighting) => sighting ?? []);
  }

  async watch(changed: () => void, signal: AbortSignal): Promise<void> {
    this.#pids.clear();
    const stream = (await this.#events.getEvents({
      filters: { type: ["container"], event: EVENTS },
    })) as NodeJS.ReadableStream & { destroy(): void };
    signal.addEventListener("abort", () => stream.destroy(), { once: true });
    const lines = createInterface({ input: stream });
    lines.on("line", (line) => {
      // A container that was started again has its id of before and another pid.
      this.#pids.delete(actorOf(line));
      changed();
    });
    changed();
    await once(lines, "close");
  }

  async #sight({ Id: id, Names, Labels, State }: Docker.ContainerInfo): Promise<Sighting | undefined> {
    const pid = this.#pids.get(id) ?? (await this.#pidOf(id));
    if (pid === undefined) return undefined;
    this.#pids.set(id, pid);
    // Links make further names; the container's own is the one with a single slash.
    const name = Names.find((each) => each.lastIndexOf("/") <= 0) ?? id;
    const state = State === "paused" ? "paused" : "running";
    return { id, pid, state, name: name.replace(/^\//, ""), labels: Labels ?? {} };
  }

  async #pidOf(id: string): Promise<number | undefined> {
    try {
      const { State } = await this.#docker.getContainer(id).inspect();
      return State.Pid > 0 ? State.Pid : undefined;
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return undefined;
      throw error;
    }
  }
}

function actorOf(line: string): string {
  try {
    const event = JSON.parse(line) as { Actor?: { ID?: string }; id?: string };
    return event.Actor?.ID ?? event.id ?? "";
  } catch {
    return "";
  }
}
