import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A QEMU process that cannot outlive us. */
export class QemuProcess {
  readonly #child: ChildProcess;
  readonly #killAtExit = (): void => void this.#child.kill("SIGKILL");
  #stderr = "";

  constructor(args: readonly string[]) {
    this.#child = spawn("qemu-system-x86_64", args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    this.#child.once("error", (error) => {
      this.#stderr += `${error.message}: is qemu-system-x86 installed?`;
    });
    process.once("exit", this.#killAtExit);
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** QEMU's own complaints. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Waits a moment for QEMU to go by itself, then makes it go. */
  async reap(milliseconds: number): Promise<void> {
    process.off("exit", this.#killAtExit);
    if (!this.running) return;
    const gone = once(this.#child, "exit");
    const left = await Promise.race([gone.then(() => true), sleep(milliseconds, false, { ref: false })]);
    if (left) return;
    this.#child.kill("SIGKILL");
    await gone;
  }
}

/** A port nobody has now; QEMU's user network cannot choose one itself. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free TCP port on 127.0.0.1");
  return address.port;
}
