import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";

export interface ChildPlan {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Descriptors of ours that it gets as its 3, 4, …, each time that it is started. */
  readonly descriptors?: readonly number[];
  /** What the delays grow to. */
  readonly lastDelayMs: number;
}

const FIRST_DELAY_MS = 100;
/** A child that lived so long was well; its next end starts the delays anew. */
const WELL_MS = 10_000;
/** A service gives up on a clean end after eight seconds. */
const KILL_AFTER_MS = 9_000;

/** A process that is started again, after growing delays, whenever it ends by itself. */
export class Child {
  readonly #plan: ChildPlan;
  readonly #onEnd: (name: string, how: string) => void;
  #process: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #delay = FIRST_DELAY_MS;
  #stopping = false;

  constructor(plan: ChildPlan, onEnd: (name: string, how: string) => void) {
    this.#plan = plan;
    this.#onEnd = onEnd;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  start(): void {
    const { command, args, env, name, descriptors = [] } = this.#plan;
    const startedAt = performance.now();
    // Its own process group: Ctrl-C reaches the supervisor alone, which ends the services in their order. Should the supervisor
    // be killed, nobody would: so the kernel tells them (PR_SET_PDEATHSIG, kept across execve).
    const child = spawn("setpriv", ["--pdeathsig", "TERM", command, ...args], {
      env,
      stdio: ["ignore", "inherit", "inherit", ...descriptors],
      detached: true,
    });
    this.#process = child;
    const ended = (how: string) => {
      if (this.#process !== child) return;
      this.#process = undefined;
      if (this.#stopping) return;
      if (performance.now() - startedAt > WELL_MS) this.#delay = FIRST_DELAY_MS;
      this.#onEnd(name, `${how}; starting it again in ${this.#delay} ms`);
      this.#timer = setTimeout(() => this.start(), this.#delay);
      this.#delay = Math.min(this.#delay * 2, this.#plan.lastDelayMs);
    };
    child.once("error", (error) => ended(error.message));
    child.once("exit", (code, signal) => ended(signal === null ? `ended with code ${code}` : `was ended by ${signal}`));
  }

  /** One that does not heed the signal yet will read its files anyway, and would be ended by it. */
  reload(): void {
    if (this.pid !== undefined && catchesHangup(this.pid)) this.#process?.kill("SIGHUP");
  }

  /** Ends it as a crash would; it is started again. */
  kill(): void {
    this.#process?.kill("SIGKILL");
  }

  /** Ends it with TERM, after a while with KILL. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
    await gone;
    clearTimeout(timer);
  }
}

/** proc_pid_status(5): signal N is bit N-1. */
function catchesHangup(pid: number): boolean {
  try {
    const [, caught = "0"] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
    return ((BigInt(`0x${caught}`) >> BigInt(constants.signals.SIGHUP - 1)) & 1n) === 1n;
  } catch {
    return false;
  }
}
