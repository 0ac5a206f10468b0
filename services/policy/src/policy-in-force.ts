import { userInfo } from "node:os";
import { Bucket, type LogReader, say } from "@udevns/bus";
import { type CompiledPolicy, parsePolicy } from "@udevns/policy";
import {
  bucketNames,
  consumerNames,
  decode,
  isUdevnsError,
  POLICY_KEY,
  type PolicyChange,
  PolicyRecord,
  subjects,
  token,
  UdevnsError,
} from "@udevns/protocol";
import { type PolicySource, policyPath, readPolicySources, type ServiceContext } from "@udevns/service";

const RETRY_MS = 500;

/** A policy and the revision of its key; 0 for the empty one that stands before there is any. */
export interface PolicyInForce {
  readonly policy: CompiledPolicy;
  readonly revision: number;
}

/**
 * The policy that holds is the one in the bucket, the same for every replica. The file is where it comes from: it is read at the
 * start and on SIGHUP and put into the bucket when it means something else than what is there.
 */
export class PolicyStore {
  readonly #context: ServiceContext;
  readonly #replica: string;
  readonly #bucket: Bucket;
  #reader: LogReader | undefined;
  #reloading: Promise<void> = Promise.resolve();

  constructor(context: ServiceContext, replica: string) {
    this.#context = context;
    this.#replica = replica;
    this.#bucket = new Bucket(context.bus, bucketNames.policy);
  }

  /** @throws UDEVNS_E_POLICY_FILE when the file is wrong and the bucket holds none either */
  async start(onChange: (inForce: PolicyInForce) => void): Promise<PolicyInForce> {
    const held = await this.#held();
    try {
      await this.publishFile("where it changed");
    } catch (error) {
      // Who decides for one host only, or beside a copy of the hub's policy, has no say in what holds for all: that is for `udevns policy apply`.
      const mayNot = isUdevnsError(error, "UDEVNS_E_BUS_DENIED") || isUdevnsError(error, "UDEVNS_E_BUS_COPY");
      if (held === undefined && !mayNot) throw error;
      this.#context.log.error({ err: error }, "the policy in force stays");
    }
    const first = (await this.#held()) ?? { policy: compile([]), revision: 0 };
    let revision = first.revision;
    this.#reader = this.#bucket.follow({
      consumer: consumerNames.policyRules(this.#replica),
      prefix: "",
      onEntry: (key, value, at) => {
        if (key !== POLICY_KEY || value === undefined || at <= revision) return;
        revision = at;
        try {
          onChange({ policy: read(value), revision: at });
        } catch (error) {
          if (!isUdevnsError(error)) throw error;
          this.#context.log.error({ code: error.code, revision: at }, `the policy in force stays: ${error.message}`);
        }
      },
    });
    return first;
  }

  /** One after the other, so that what the file said last holds. */
  reload(): void {
    this.#reloading = this.#reloading.then(() => this.#publishInTime());
  }

  /** Whoever asked for it was told nothing and will not ask again: an outage of the bus only delays it. */
  async #publishInTime(): Promise<void> {
    const { log } = this.#context;
    for (;;) {
      try {
        return await this.publishFile("always");
      } catch (error) {
        if (!isUdevnsError(error) || !error.retry) return log.error({ err: error }, "the policy in force stays");
        log.warn({ code: error.code }, "the file waits until the bus is back");
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /**
   * Puts what the file says into the bucket. At a start only if it says something else than when this host last did so: a crash
   * shall not undo what `udevns policy apply` put there since.
   * @throws UDEVNS_E_POLICY_FILE; what is in force stays
   */
  async publishFile(when: "where it changed" | "always"): Promise<void> {
    const { bus, env, host } = this.#context;
    const path = policyPath(env);
    const sources = readPolicySources(path);
    if (sources.length === 0) return;
    const change = { v: 1 as const, host, at: new Date().toISOString(), who: `${account()}@${host} ${path}` };
    const announce = (rest: Pick<PolicyChange, "hash" | "rules" | "outcome" | "text">) =>
      say(bus, subjects.audit(host, "policy"), { ...change, ...rest });
    try {
      const { hash, rules, attributes } = compile(sources);
      const mark = `published.${token(host)}`;
      const held = (await this.#held())?.policy.hash;
      if (when !== "always" && held !== undefined && (await this.#bucket.get(mark))?.value === hash) return;
      if (held === hash) return void (await this.#bucket.put(mark, hash));
      const record: PolicyRecord = {
        v: 1,
        hash,
        sources: [...sources],
        attributes: [...attributes],
        who: change.who,
        when: change.at,
      };
      await this.#bucket.put(POLICY_KEY, JSON.stringify(record));
      await this.#bucket.put(mark, hash);
      announce({
        hash,
        rules: rules.length,
        outcome: "applied",
        text: `policy ${hash.slice(0, 12)} of ${rules.length} rules by ${path}`,
      });
    } catch (error) {
      if (!isUdevnsError(error) || !error.retry)
        announce({ hash: "", rules: 0, outcome: "refused", text: (error as Error).message });
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#reader?.close();
  }

  async #held(): Promise<PolicyInForce | undefined> {
    const entry = await this.#bucket.get(POLICY_KEY);
    return entry === undefined ? undefined : { policy: read(entry.value), revision: entry.revision };
  }
}

/** In a container the process may have a number without a name. */
function account(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.()}`;
  }
}

const read = (value: string): CompiledPolicy => compile(decode(PolicyRecord, value, POLICY_KEY).sources);

/** @throws UDEVNS_E_POLICY_FILE with every place that is wrong */
function compile(sources: readonly PolicySource[]): CompiledPolicy {
  const parsed = parsePolicy(sources);
  if ("policy" in parsed) return parsed.policy;
  const detail = parsed.errors
    .map(({ file, line, column, message, mend }) => `${file}:${line}:${column}: ${message}; ${mend}`)
    .join("\n");
  throw new UdevnsError("UDEVNS_E_POLICY_FILE", { file: parsed.errors[0]?.file ?? "", detail });
}
