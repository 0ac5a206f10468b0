import { Bucket, type LogReader } from "@udevns/bus";
import {
  bucketNames,
  consumerNames,
  decode,
  HostRecord,
  isUdevnsError,
  Lease,
  leaseKey,
  replicaKey,
  token,
} from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { LeaseKeeper, type Tenure } from "./lease-keeper.ts";
import { leaseTimes } from "./lease-step.ts";
import { rank } from "./rank.ts";

/** How often to look while there is a host whose lease another has, or nobody. */
const TICK_MS = 100;

/** The hosts that a process may decide for. `UDEVNS_HOSTS`: a comma-separated list, `*` for all; else its own. */
export type Hosts = { readonly kind: "all" } | { readonly kind: "named"; readonly hosts: readonly string[] };

export const parseHosts = (text: string | undefined, own: string): Hosts =>
  text === "*" ? { kind: "all" } : { kind: "named", hosts: text ? text.split(",") : [own] };

/** One of any number of policy processes: it seeks the leases of its hosts and tells `tenure` which it has. */
export class Replica {
  readonly #context: ServiceContext;
  readonly #me: string;
  readonly #tenure: Tenure;
  readonly #leases: Bucket;
  readonly #keepers = new Map<string, LeaseKeeper>();
  /** As last heard, also of hosts that are not known yet: the two buckets come in any order. */
  readonly #heard = new Map<string, { lease: Lease | undefined; revision: number }>();
  /** When each replica last gave a sign of life, as heard here. */
  readonly #signs = new Map<string, number>();
  readonly #readers: LogReader[] = [];
  readonly #beats: NodeJS.Timeout;
  #next: NodeJS.Timeout | undefined;
  /** All leases are held here: only other replicas' signs of life may change that, and nothing at once. */
  #calm = false;
  #closed = false;
  #beating = false;
  #living: readonly string[] = [];
  /** Keys whose keepers know their place among the living. */
  readonly #placed = new Set<string>();

  constructor(context: ServiceContext, me: string, hosts: Hosts, tenure: Tenure) {
    this.#context = context;
    this.#me = me;
    this.#tenure = tenure;
    this.#leases = new Bucket(context.bus, bucketNames.leases);
    if (hosts.kind === "named") for (const host of hosts.hosts) this.#keeper(host);
    else this.#followHosts();
    this.#followLeases(hosts);
    this.#tickAfter(TICK_MS);
    this.#beats = setInterval(() => void this.#beat(), leaseTimes.beat);
    void this.#beat();
  }

  /** The host's work cannot go on here. */
  async lose(host: string): Promise<void> {
    await this.#keepers.get(leaseKey(host))?.lose();
    this.#stir();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#next);
    clearInterval(this.#beats);
    await Promise.all([...this.#keepers.values()].map((keeper) => keeper.close()));
    await this.#leases.delete(replicaKey(this.#me));
    await Promise.all(this.#readers.map((reader) => reader.close()));
  }

  async #beat(): Promise<void> {
    if (this.#beating) return;
    this.#beating = true;
    await this.#leases.put(replicaKey(this.#me), this.#me).catch(this.#context.fail);
    this.#beating = false;
  }

  #tickAfter(ms: number): void {
    clearTimeout(this.#next);
    if (!this.#closed) this.#next = setTimeout(() => this.#tick(), ms);
  }

  /** Something has changed that the next look must not wait for. */
  #stir(): void {
    if (this.#calm) this.#tickAfter(TICK_MS);
    this.#calm = false;
  }

  #tick(): void {
    const silent = performance.now() - leaseTimes.expire;
    const living = [...this.#signs].filter(([, at]) => at > silent).map(([replica]) => replica);
    // Whoever comes back gives a sign.
    const gone = performance.now() - leaseTimes.forget;
    for (const [replica, at] of this.#signs) if (at < gone) this.#signs.delete(replica);
    const lastSign = (replica: string) => this.#signs.get(replica) ?? 0;
    this.#placeAmong(living.sort());
    for (const keeper of this.#keepers.values()) keeper.tick(lastSign).catch((error: unknown) => this.#onFault(error));
    this.#calm = [...this.#keepers.values()].every(({ holds }) => holds);
    this.#tickAfter(this.#calm ? leaseTimes.beat : TICK_MS);
  }

  /** The order of the living is worked out anew only when one comes or goes: there may be thousands of hosts. */
  #placeAmong(living: readonly string[]): void {
    const changed = living.join("\0") !== this.#living.join("\0");
    this.#living = living;
    for (const [key, keeper] of this.#keepers) {
      if (!changed && this.#placed.has(key)) continue;
      this.#placed.add(key);
      keeper.place(rank(keeper.host, this.#me, living));
    }
  }

  /** What a later tick may mend is no reason to leave every other host. */
  #onFault(error: unknown): void {
    if (isUdevnsError(error) && error.retry) this.#context.log.warn({ code: error.code }, error.message);
    else this.#context.fail(error);
  }

  #followLeases(hosts: Hosts): void {
    // A process for its own host alone may not read more than that.
    const only = hosts.kind === "named" && hosts.hosts.length === 1 ? hosts.hosts[0] : undefined;
    const reader = this.#leases.follow({
      consumer: consumerNames.policyLeases(this.#me),
      prefix: only === undefined ? "" : `${token(only)}.`,
      onEntry: (key, value, revision) => {
        if (key.endsWith(".replica")) this.#hearSign(key, value);
        else {
          const lease = value === undefined ? undefined : decode(Lease, value, key);
          this.#heard.set(key, { lease, revision });
          this.#keepers.get(key)?.hear(lease, revision);
          this.#stir();
        }
      },
    });
    this.#readers.push(reader);
  }

  #hearSign(key: string, replica: string | undefined): void {
    if (replica !== undefined) this.#signs.set(replica, performance.now());
    else for (const known of this.#signs.keys()) if (replicaKey(known) === key) this.#signs.delete(known);
  }

  #followHosts(): void {
    const reader = new Bucket(this.#context.bus, bucketNames.hosts).follow({
      consumer: consumerNames.policyHosts(this.#me),
      prefix: "",
      onEntry: (key, value) => {
        if (value !== undefined) this.#keeper(decode(HostRecord, value, key).host);
      },
    });
    this.#readers.push(reader);
  }

  #keeper(host: string): void {
    const key = leaseKey(host);
    if (this.#keepers.has(key)) return;
    const keeper = new LeaseKeeper(host, this.#me, this.#leases, this.#tenure);
    const heard = this.#heard.get(key);
    if (heard !== undefined) keeper.hear(heard.lease, heard.revision);
    this.#keepers.set(key, keeper);
    this.#stir();
  }
}
