import { readFileSync } from "node:fs";
import { executeIn } from "@udevns/native";
import type { ContainerTarget } from "@udevns/protocol";
import { parseListeners } from "@udevns/uevent";
import type { HeldContainer } from "../containers.ts";
import { type Audience, type AudienceFacts, decideAudience, type Listening } from "./audience.ts";

const UDEVD = ["usr/lib/systemd/systemd-udevd", "lib/systemd/systemd-udevd", "sbin/udevd", "usr/sbin/udevd"];

interface Heard {
  readonly at: number;
  readonly listening: Listening;
  readonly listeners: string;
}

/** Finds out about each container's audience and remembers it for as long as the same sockets listen. */
export class Audiences {
  readonly #known = new Map<string, { audience: Audience; listeners: string }>();
  readonly #heard = new Map<string, Heard>();

  /**
   * @param mayBeOld ms
   * @returns who is there, and on which groups somebody listens at this moment, or did so that long ago
   */
  async of(
    container: ContainerTarget,
    held: HeldContainer,
    mayBeOld = 0,
  ): Promise<{ audience: Audience; listening: Listening }> {
    const { listening, listeners } = this.#listenersOf(container, mayBeOld);
    const known = this.#known.get(container.instance);
    // A udevd that restarts is away for a moment, and its container still one with a udevd.
    if (known !== undefined && (known.audience === "udevd" || known.listeners === listeners))
      return { audience: known.audience, listening };
    const audience = decideAudience(await observe(container, held));
    // Its first process becomes an init system only with exec, and sets udevd up before anything can be seen to listen.
    if (audience !== "coming") this.#known.set(container.instance, { audience, listeners });
    return { audience, listening };
  }

  /** Who is there, as far as is known; a udevd that has come since makes its own of the device. */
  async who(container: ContainerTarget, held: HeldContainer): Promise<Audience> {
    return this.#known.get(container.instance)?.audience ?? (await this.of(container, held)).audience;
  }

  #listenersOf({ instance, pid }: ContainerTarget, mayBeOld: number): Heard {
    const last = this.#heard.get(instance);
    if (last !== undefined && performance.now() - last.at < mayBeOld) return last;
    const at = performance.now();
    const sockets = parseListeners(readFileSync(`/proc/${pid}/net/netlink`, "utf8"));
    const listening = {
      kernel: sockets.some(({ groups }) => (groups & 1) !== 0),
      udev: sockets.some(({ groups }) => (groups & 2) !== 0),
    };
    const heard = { at, listening, listeners: sockets.map(({ portId, groups }) => `${portId}/${groups}`).join() };
    this.#heard.set(instance, heard);
    return heard;
  }

  forget(instance: string): void {
    this.#heard.delete(instance);
    this.#known.delete(instance);
  }
}

async function observe({ pid, udev }: ContainerTarget, { target }: HeldContainer): Promise<AudienceFacts> {
  const choice = udev ?? "auto";
  const init = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  if (choice !== "auto") return { choice, init, control: "missing", udevdInstalled: false };
  // One visit each: what cannot be reached (a symlink on the way) is simply not there, and ends its visit.
  const [control, ...programs] = await Promise.all(
    ["run/udev/control", ...UDEVD].map(async (path) => {
      const [seen] = await executeIn(target, [{ op: "stat", path }]);
      return seen.ok && seen.result.exists ? seen.result.kind : undefined;
    }),
  );
  return {
    choice,
    init,
    control: control === "socket" ? "socket" : control === undefined ? "missing" : "other",
    udevdInstalled: programs.some((kind) => kind !== undefined),
  };
}
