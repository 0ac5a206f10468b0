import type { ContainerRecord, Runtime } from "@udevns/protocol";

/** A running container as its runtime describes it. */
export interface Sighting {
  readonly name: string;
  readonly id: string;
  /** Of its first process. */
  readonly pid: number;
  readonly state: ContainerRecord["state"];
  readonly labels: Record<string, string>;
}

/**
 * One container runtime. Its events only say when to look: what counts is the list, so that an event that was lost, or came while
 * its daemon was away, makes no difference.
 */
export interface RuntimeAdapter {
  readonly runtime: Runtime;
  /** Where it is asked: a socket, a directory. */
  readonly place: string;
  /** The containers that run, or are paused, now. */
  list(): Promise<Sighting[]>;
  /**
   * Calls `changed` once it listens and then after each change; ends when it can listen no longer.
   * @throws when the runtime is not there
   */
  watch(changed: () => void, signal: AbortSignal): Promise<void>;
}
