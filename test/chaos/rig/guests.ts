import { closeFd, openPidfd, openUeventSocket } from "@udevns/native";
import { type Listener, listenIn } from "../../support/listener.ts";
import { labelOf } from "../../support/synthetic.ts";
import { startThrowaway, THROWAWAY_INIT, type Throwaway } from "../../support/throwaway.ts";
import type { ContainerName } from "../model/action.ts";
import type { Label } from "../model/judge.ts";
import { makeCgroups } from "./cgroups.ts";

/** A container of one schedule, and what it hears. */
export interface Guest {
  readonly container: Throwaway;
  /** What udevns told it of a device, from the last `turnPage` on. */
  heard(devpath: string): Label[];
  turnPage(): void;
  /** What its cgroup lets it use; undefined where none restrains it. */
  allowed(): readonly string[] | undefined;
  pause(): void;
  resume(): void;
  /** Opens a socket in there that hears and never reads. */
  deafen(): void;
  stop(): Promise<void>;
}

/** Its /run is its own, so that it has a udev database; nobody in there listens to the kernel. */
const UDEVLESS_INIT = `mount -t tmpfs -o mode=755,size=1m none /run\n${THROWAWAY_INIT}`;

export async function startGuest(name: ContainerName): Promise<Guest> {
  const udevless = name === "udevless";
  const container = await startThrowaway(name, {
    userns: name !== "plain",
    ...(udevless ? { init: UDEVLESS_INIT } : {}),
  });
  const cgroups = makeCgroups(name, container.pid);
  const listener: Listener = listenIn(container, udevless ? "udev" : "kernel");
  const deaf: number[] = [];
  let page = 0;
  return {
    container,
    heard: (path) =>
      listener.events
        .slice(page)
        .filter(({ injected, devpath }) => injected && devpath === path)
        .map(labelOf),
    turnPage: () => {
      page = listener.events.length;
    },
    allowed: cgroups.allowed,
    pause: () => cgroups.freeze(true),
    resume: () => cgroups.freeze(false),
    deafen: () => {
      const pidfd = openPidfd(container.pid);
      deaf.push(openUeventSocket({ groups: ["kernel", "udev"], pidfd, receiveBufferBytes: 4_096 }));
      pidfd.close();
    },
    stop: async () => {
      for (const fd of deaf.splice(0)) closeFd(fd);
      listener.close();
      cgroups.freeze(false);
      await container.stop();
      await cgroups.remove();
    },
  };
}
