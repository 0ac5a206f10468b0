import type { CompiledPolicy } from "@udevns/policy";
import { isUdevnsError } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import type { Feeds } from "./feeds.ts";
import { HostPolicy } from "./host-policy.ts";
import type { Tenure } from "./lease-keeper.ts";
import type { PolicyInForce } from "./policy-in-force.ts";
import { Turns } from "./turns.ts";

/** Hosts that are taken over at once. */
const BEGINS = 8;
/** Hosts whose levels are written down at once. */
const CHECKPOINTS = 16;

export interface FleetOptions {
  readonly context: ServiceContext;
  readonly replica: string;
  readonly policy: CompiledPolicy;
  readonly feeds: Feeds;
  /** The host's log has another writer. */
  onFenced(host: string): void;
  /** The hosts that are decided for, each time that they change. */
  onChange(hosts: readonly string[]): void;
}

/** The hosts that this process decides for now. */
export class Fleet implements Tenure {
  readonly #options: FleetOptions;
  readonly #running = new Map<string, HostPolicy>();
  /** Hosts that wait for their turn to begin. */
  readonly #queued = new Map<string, object>();
  readonly #beginning = new Map<string, Promise<void>>();
  /** So that the first hosts are decided for at once, instead of all of them late. */
  readonly #begins = new Turns(BEGINS);
  readonly #checkpoints = new Turns(CHECKPOINTS);
  #policy: CompiledPolicy;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#policy = options.policy;
  }

  get size(): number {
    return this.#running.size;
  }

  apply({ policy, revision }: PolicyInForce): void {
    this.#policy = policy;
    for (const running of this.#running.values()) running.apply(policy, revision);
  }

  async begin(host: string): Promise<void> {
    const place = {};
    this.#queued.set(host, place);
    await this.#begins.run(async () => {
      // It may have been lost or handed over while it waited.
      if (this.#queued.get(host) !== place) return;
      this.#queued.delete(host);
      const begun = this.#begin(host).finally(() => this.#beginning.delete(host));
      this.#beginning.set(host, begun);
      await begun;
    });
  }

  async #begin(host: string): Promise<void> {
    const { context, replica, feeds, onFenced } = this.#options;
    const policy = this.#policy;
    context.log.info({ for: host }, "deciding");
    try {
      const checkpoints = this.#checkpoints;
      const options = { context, host, replica, policy, feeds, checkpoints, onFenced: () => onFenced(host) };
      const running = await HostPolicy.start(options);
      this.#running.set(host, running);
      if (this.#policy !== policy) running.apply(this.#policy, `late-${process.pid}-${Date.now()}`);
      this.#changed();
    } catch (error) {
      // Another host's logs may well be there when this one's are not: a server of the cluster is away, or slow.
      if (!isUdevnsError(error) || !(error.retry || error.code === "UDEVNS_E_BUS_FENCED")) throw error;
      context.log.warn({ for: host, code: error.code }, error.message);
      onFenced(host);
    }
  }

  async finish(host: string): Promise<void> {
    const running = await this.#forget(host);
    await running?.close();
    this.#options.context.log.info({ for: host }, "handed over");
  }

  async abandon(host: string): Promise<void> {
    const running = await this.#forget(host);
    this.#options.context.log.warn({ for: host }, "another replica decides now");
    await running?.abandon();
  }

  /** One that waits for its turn will not begin; one that is beginning is waited for. */
  async #forget(host: string): Promise<HostPolicy | undefined> {
    this.#queued.delete(host);
    await this.#beginning.get(host)?.catch(() => undefined);
    const running = this.#running.get(host);
    this.#running.delete(host);
    this.#changed();
    return running;
  }

  #changed(): void {
    this.#options.onChange([...this.#running.keys()]);
  }
}
