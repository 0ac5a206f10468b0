import type { Bucket } from "@udevns/bus";
import { type Lease, leaseKey } from "@udevns/protocol";
import { leaseStep } from "./lease-step.ts";

/** What a keeper does with its host. */
export interface Tenure {
  /** The lease is ours: begin. */
  begin(host: string): Promise<void>;
  /** End in order: all that was decided is written down. */
  finish(host: string): Promise<void>;
  /** Another has the lease: end at once and write nothing. */
  abandon(host: string): Promise<void>;
}

/** Seeks and keeps the lease of one host. */
export class LeaseKeeper {
  readonly host: string;
  readonly #me: string;
  readonly #bucket: Bucket;
  readonly #tenure: Tenure;
  #lease: { holder: string; revision: number; heardAt: number } | undefined;
  #held: number | undefined;
  #freeSince = performance.now();
  #rank = 0;
  #rankedAt = performance.now();
  #stepping: Promise<void> | undefined;
  #closed = false;

  constructor(host: string, me: string, bucket: Bucket, tenure: Tenure) {
    this.host = host;
    this.#me = me;
    this.#bucket = bucket;
    this.#tenure = tenure;
  }

  get holds(): boolean {
    return this.#held !== undefined;
  }

  /** The bucket says so. */
  hear(lease: Lease | undefined, revision: number): void {
    const now = performance.now();
    if (lease === undefined) this.#freeSince = now;
    this.#lease = lease === undefined ? undefined : { holder: lease.holder, revision, heardAt: now };
  }

  place(rank: number): void {
    if (rank === this.#rank) return;
    this.#rank = rank;
    this.#rankedAt = performance.now();
  }

  /** Does what is due; while it is still at it from before, nothing. @param lastSign when a replica was last heard of */
  async tick(lastSign: (replica: string) => number): Promise<void> {
    if (this.#stepping !== undefined || this.#closed) return;
    this.#stepping = this.#step(lastSign).finally(() => {
      this.#stepping = undefined;
    });
    await this.#stepping;
  }

  /** Frees the lease, so that another need not wait for it to expire. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#held !== undefined) await this.#handOver(this.#held);
    else await this.#stepping?.catch(() => undefined);
  }

  /** The host's work cannot go on: its log has another writer. */
  async lose(): Promise<void> {
    if (this.#held === undefined) return;
    this.#held = undefined;
    await this.#tenure.abandon(this.host);
  }

  async #step(lastSign: (replica: string) => number): Promise<void> {
    const lease = this.#lease;
    const step = leaseStep({
      now: performance.now(),
      me: this.#me,
      rank: this.#rank,
      rankedAt: this.#rankedAt,
      lease: lease && { ...lease, aliveAt: Math.max(lease.heardAt, lastSign(lease.holder)) },
      freeSince: this.#freeSince,
      held: this.#held,
    });
    switch (step.kind) {
      case "wait":
        return;
      case "acquire":
        return await this.#acquire(step.revision);
      case "lost":
        return await this.lose();
      case "hand over":
        return await this.#handOver(step.revision);
      default:
        return step satisfies never;
    }
  }

  async #acquire(revision: number): Promise<void> {
    const lease: Lease = { v: 1, host: this.host, holder: this.#me };
    const written = await this.#bucket.replace(leaseKey(this.host), JSON.stringify(lease), revision);
    if (written === undefined) {
      // Another was faster; the bucket is about to say who.
      return;
    }
    // It came too late for us: nobody shall have to wait for it to expire.
    if (this.#closed) return void (await this.#bucket.remove(leaseKey(this.host), written));
    this.#held = written;
    await this.#tenure.begin(this.host);
  }

  async #handOver(revision: number): Promise<void> {
    await this.#tenure.finish(this.host);
    this.#held = undefined;
    await this.#bucket.remove(leaseKey(this.host), revision);
  }
}
