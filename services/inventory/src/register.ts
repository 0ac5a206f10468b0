import { type Bucket, say } from "@udevns/bus";
import { openPidfd, type Pidfd, readProcess } from "@udevns/native";
import { type ContainerEvent, type ContainerRecord, subjects, token, UdevnsError } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";

interface Living {
  readonly record: ContainerRecord;
  readonly pidfd: Pidfd;
}

/** What a runtime says of a container and may change. */
type Said = Pick<ContainerRecord, "runtime" | "id" | "pid" | "state" | "labels">;

/** The containers of this host: what lives, in memory and in the bucket. A container leaves it when its process dies. */
export class Register {
  readonly #context: ServiceContext;
  readonly #bucket: Bucket;
  readonly #living = new Map<string, Living>();
  readonly #dismissed = new Set<string>();
  /** The last write of each name that is under way. */
  readonly #writes = new Map<string, Promise<void>>();

  constructor(context: ServiceContext, bucket: Bucket) {
    this.#context = context;
    this.#bucket = bucket;
  }

  get(name: string): ContainerRecord | undefined {
    return this.#living.get(name)?.record;
  }

  all(): ContainerRecord[] {
    return Array.from(this.#living.values(), ({ record }) => record);
  }

  /** The container, where what a runtime says of it is known; as its process is held, it can be no other. */
  unchanged(name: string, said: Said): ContainerRecord | undefined {
    const known = this.#living.get(name);
    if (known === undefined || !known.pidfd.alive()) return undefined;
    const { runtime, id, pid, state, labels } = known.record;
    const same = runtime === said.runtime && id === said.id && pid === said.pid && state === said.state;
    return same && isSameLabels(labels, said.labels) ? known.record : undefined;
  }

  /**
   * Takes a container in and watches its process.
   * @param look makes the record; called with the process held, so that what it reads is of this very process
   * @throws UDEVNS_E_CONTAINER_NAME when another living container has the name; UDEVNS_E_PID when the process is gone
   */
  async add(name: string, pid: number, look: () => ContainerRecord): Promise<ContainerRecord> {
    const pidfd = hold(pid);
    let before: Living | undefined;
    try {
      const record = look();
      if (!pidfd.alive()) throw gone(pid);
      const same = this.#living.get(name);
      // Its end is known here before the watch of its process has told.
      if (same !== undefined && !same.pidfd.alive()) await this.remove(name);
      const other = this.#living.get(name);
      if (other !== undefined && isSameRecord(other.record, record)) {
        pidfd.close();
        return other.record;
      }
      if (other !== undefined && other.record.instance !== record.instance) {
        throw new UdevnsError("UDEVNS_E_CONTAINER_NAME", { name, pid: other.record.pid });
      }
      before = other;
      this.#living.set(name, { record, pidfd });
      pidfd.onExit(() => void this.#onExit(record));
      await this.#writeDown(name);
      other?.pidfd.close();
      this.#announce(other === undefined ? "start" : "change", record);
      return record;
    } catch (error) {
      if (this.#living.get(name)?.pidfd === pidfd) this.#undo(name, before);
      pidfd.close();
      throw error;
    }
  }

  /** What the bucket did not take must not count as known: the next try would find it here and policy would never hear of it. */
  #undo(name: string, before: Living | undefined): void {
    if (before === undefined) this.#living.delete(name);
    else this.#living.set(name, before);
  }

  /**
   * The same for a container that a runtime tells of again and again: it may have another name by now. One that is known from
   * elsewhere (two runtimes' interfaces to one container, or attached by hand) stays as it is.
   */
  async put(name: string, pid: number, look: (name: string) => () => ContainerRecord): Promise<ContainerRecord> {
    const record = look(name)();
    const known = this.all().find((each) => isSameContainer(each, record));
    if (this.#dismissed.has(record.instance)) throw gone(pid);
    if (known !== undefined && known.runtime !== record.runtime) return known;
    if (known !== undefined && known.name !== name) await this.remove(known.name);
    return await this.add(name, pid, look(name));
  }

  /** Removes a container and does not take this life of it in again, whatever its runtime says. @throws UDEVNS_E_CONTAINER_UNKNOWN */
  async dismiss(name: string): Promise<void> {
    const record = this.get(name);
    await this.remove(name);
    if (record !== undefined && record.runtime !== "process") this.#dismissed.add(record.instance);
  }

  /** @throws UDEVNS_E_CONTAINER_UNKNOWN */
  async remove(name: string): Promise<void> {
    const living = this.#living.get(name);
    if (living === undefined) throw new UdevnsError("UDEVNS_E_CONTAINER_UNKNOWN", { name, host: this.#context.host });
    living.pidfd.close();
    this.#living.delete(name);
    await this.#writeDown(name);
    this.#announce("stop", living.record);
  }

  /** Takes up again what an earlier inventory had written: living containers stay, dead ones go. */
  async resume(records: readonly ContainerRecord[]): Promise<void> {
    for (const record of records) {
      if (isSameProcess(record, this.#context.boot)) await this.add(record.name, record.pid, () => record);
      else {
        await this.#writeDown(record.name);
        this.#announce("stop", record);
      }
    }
  }

  /** The server may have come back without what it had: what was attached by hand is known here alone. */
  async writeAgain(): Promise<void> {
    await Promise.all([...this.#living.keys()].map((name) => this.#writeDown(name)));
  }

  close(): void {
    for (const { pidfd } of this.#living.values()) pidfd.close();
  }

  async #onExit(record: ContainerRecord): Promise<void> {
    if (this.#living.get(record.name)?.record.instance !== record.instance) return;
    this.#context.log.info({ container: record.name, pid: record.pid }, "container ended");
    await this.remove(record.name);
  }

  /**
   * Writes down what is true by then, and one name's writes one after the other: in an outage each is tried until it is stored, and a
   * container's beginning must not come behind its end.
   */
  #writeDown(name: string): Promise<void> {
    const before = this.#writes.get(name) ?? Promise.resolve();
    const write = before
      .catch(() => undefined)
      .then(async () => {
        const living = this.#living.get(name);
        if (living === undefined) await this.#bucket.delete(this.#key(name));
        else await this.#bucket.put(this.#key(name), JSON.stringify(living.record));
      })
      .finally(() => {
        if (this.#writes.get(name) === write) this.#writes.delete(name);
      });
    this.#writes.set(name, write);
    return write;
  }

  #announce(event: ContainerEvent["event"], container: ContainerRecord): void {
    const { bus, host, counters } = this.#context;
    const message: ContainerEvent = { v: 1, host, event, container };
    say(bus, subjects.container(host, event), message);
    counters.set("containers", this.#living.size);
  }

  #key(name: string): string {
    return `${token(this.#context.host)}.${token(name)}`;
  }
}

function isSameProcess(record: ContainerRecord, boot: string): boolean {
  try {
    return record.boot === boot && String(readProcess(record.pid).startTime) === record.startTime;
  } catch {
    return false;
  }
}

function hold(pid: number): Pidfd {
  try {
    return openPidfd(pid);
  } catch (cause) {
    throw gone(pid, cause);
  }
}

const gone = (pid: number, cause?: unknown): UdevnsError =>
  new UdevnsError("UDEVNS_E_PID", { pid, detail: "no such process" }, { cause });

/** Of the same life, and nothing that may change during it has changed. */
const isSameRecord = (a: ContainerRecord, b: ContainerRecord): boolean =>
  a.instance === b.instance && a.state === b.state && isSameLabels(a.labels, b.labels);

const isSameLabels = (a: ContainerRecord["labels"], b: ContainerRecord["labels"]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** The same first process, or another process of the same container. */
const isSameContainer = (a: ContainerRecord, b: ContainerRecord): boolean =>
  a.instance === b.instance || (a.namespaces.mnt === b.namespaces.mnt && a.namespaces.net === b.namespaces.net);
