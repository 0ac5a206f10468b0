import { existsSync } from "node:fs";
import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RigFiles } from "../image/places.ts";
import { provideRig } from "../image/rig.ts";
import { bootedState } from "./booted.ts";
import { VirtualHands } from "./input.ts";
import { consoleLog, type MachineOptions, qemuArguments, qmpSocket, slotTag } from "./machine.ts";
import { freePort, QemuProcess } from "./process.ts";
import { Qmp, type QmpArguments } from "./qmp.ts";
import { type CommandResult, NoAnswer, runScript } from "./shell.ts";

export type { CommandResult } from "./shell.ts";

const BOOT_LIMIT = 120_000;
const DEFAULT_SECONDS = 60;
/** Over the guest's own limit, for a guest too busy to keep it. */
const GRACE = 15_000;
const UNPLUG_LIMIT = 60_000;

/** The state of a running guest on disk, with what is needed to build the same machine again. */
export interface Snapshot {
  readonly file: string;
  readonly files: RigFiles;
  readonly options: MachineOptions;
}

export interface RunOptions {
  /** Seconds; after that the script is ended and `code` is 124. */
  readonly timeout?: number;
}

export class Rig {
  readonly hands: VirtualHands;
  readonly #files: RigFiles;
  readonly #options: MachineOptions;
  readonly #run: string;
  readonly #port: number;
  readonly #process: QemuProcess;
  readonly #qmp: Qmp;

  private constructor(start: Started, qmp: Qmp) {
    this.#files = start.files;
    this.#options = start.options;
    this.#run = start.run;
    this.#port = start.port;
    this.#process = start.process;
    this.#qmp = qmp;
    this.hands = new VirtualHands(qmp);
  }

  /** A guest that has just booted: from its saved state, or, the first time, booted and saved. */
  static async boot(options: MachineOptions = {}): Promise<Rig> {
    const files = await provideRig();
    const file = await bootedState(files, options);
    if (existsSync(file)) return Rig.restore({ file, files, options });
    const rig = await Rig.#start(files, options, []);
    await rig.snapshot(`${file}.${process.pid}`);
    await rename(`${file}.${process.pid}`, file);
    return rig;
  }

  static async restore(snapshot: Snapshot): Promise<Rig> {
    return Rig.#start(snapshot.files, snapshot.options, ["-incoming", `exec:cat '${snapshot.file}'`]);
  }

  static async #start(files: RigFiles, options: MachineOptions, extra: readonly string[]): Promise<Rig> {
    const started = await startQemu(files, options, extra);
    try {
      const qmp = await untilAnswer(started, () => Qmp.open(qmpSocket(started.run)));
      const rig = new Rig(started, qmp);
      if (extra.length > 0) await resume(qmp);
      // A restored guest's clock stands where it stood.
      await untilAnswer(started, () => runScript(started.port, `date -s @${Date.now() / 1_000}`, 5, 5_000));
      return rig;
    } catch (error) {
      await started.process.reap(0);
      await rm(started.run, { recursive: true, force: true });
      throw error;
    }
  }

  /** Kernel release of the guest. */
  get release(): string {
    return this.#files.release;
  }

  /** Runs a shell script in the guest; any exit code is a result, only a dead guest is an error. */
  async run(script: string, { timeout = DEFAULT_SECONDS }: RunOptions = {}): Promise<CommandResult> {
    try {
      return await runScript(this.#port, script, timeout, timeout * 1000 + GRACE);
    } catch (error) {
      throw new Error(`${String(error)}\nwhile running: ${script}\n${await this.console(60)}`);
    }
  }

  /** Like `run`, for scripts that have to succeed: gives stdout. */
  async sh(script: string, options?: RunOptions): Promise<string> {
    const { stdout, stderr, code } = await this.run(script, options);
    if (code !== 0) throw new Error(`exit code ${code} in the guest from: ${script}\n${stderr}${stdout}`);
    return stdout;
  }

  /** Mounts a share of the machine options. Not before a snapshot: QEMU refuses to save a machine with a mounted 9p. */
  async mount(share: string, at: string): Promise<void> {
    const slot = Object.keys(this.#options.shares ?? {}).indexOf(share);
    if (slot < 0) throw new Error(`the machine has no share ${share}`);
    await this.sh(
      `mkdir -p '${at}' && mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose ${slotTag(slot)} '${at}'`,
    );
  }

  qmp(command: string, args: QmpArguments = {}): Promise<unknown> {
    return this.#qmp.execute(command, args);
  }

  async plug(driver: string, id: string, options: QmpArguments = {}): Promise<void> {
    const bus = driver.startsWith("usb-") ? { bus: "xhci.0" } : {};
    await this.qmp("device_add", { driver, id, ...bus, ...options });
  }

  /** Resolves when the device is gone, not when the guest was asked to let it go. */
  async unplug(id: string): Promise<void> {
    const gone = this.#qmp.waitFor("DEVICE_DELETED", ({ data }) => data?.device === id, UNPLUG_LIMIT);
    await Promise.all([this.qmp("device_del", { id }), gone]);
  }

  typeKeys(qcodes: Iterable<string>): Promise<void> {
    return this.hands.type(qcodes);
  }

  moveMouse(dx: number, dy: number): Promise<void> {
    return this.hands.moveMouse(dx, dy);
  }

  /** Saves the guest to a file and lets it run on. */
  async snapshot(file: string): Promise<Snapshot> {
    await this.qmp("stop");
    await this.qmp("migrate", { uri: `exec:cat > '${file}'` });
    await migrationEnd(this.#qmp, "saving");
    await this.qmp("cont");
    return { file, files: this.#files, options: this.#options };
  }

  /** The end of the guest's serial console. */
  console(lines: number): Promise<string> {
    return consoleTail(this.#run, lines);
  }

  async close(): Promise<void> {
    if (this.#process.running) await this.qmp("quit").catch(() => {});
    this.#qmp.close();
    await this.#process.reap(2_000);
    await rm(this.#run, { recursive: true, force: true });
  }
}

interface Started {
  readonly files: RigFiles;
  readonly options: MachineOptions;
  readonly run: string;
  readonly port: number;
  readonly process: QemuProcess;
}

async function startQemu(files: RigFiles, options: MachineOptions, extra: readonly string[]): Promise<Started> {
  const run = await mkdtemp(join(tmpdir(), "udevns-vm-"));
  const port = await freePort();
  const args = [...qemuArguments(files, options, { run, port }), ...extra];
  return { files, options, run, port, process: new QemuProcess(args) };
}

/** Tries until the other side listens; a QEMU that has died is not waited for. */
async function untilAnswer<T>(started: Started, attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + BOOT_LIMIT;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const notYet = error instanceof NoAnswer || isRefusal(error);
      if (!notYet) throw error;
      if (started.process.running && Date.now() < deadline) {
        await sleep(100);
        continue;
      }
      const what = started.process.running ? `the guest did not answer within ${BOOT_LIMIT} ms` : "QEMU ended";
      throw new Error(`${what}: ${String(error)}\n${started.process.stderr}\n${await consoleTail(started.run, 60)}`);
    }
  }
}

const isRefusal = (error: unknown): boolean =>
  ["ENOENT", "ECONNREFUSED", "ECONNRESET"].includes((error as NodeJS.ErrnoException).code ?? "");

/** A restored guest stays as it was when saved, stopped, until it is told to go on. */
async function resume(qmp: Qmp): Promise<void> {
  await migrationEnd(qmp, "restoring");
  await qmp.execute("cont");
}

async function migrationEnd(qmp: Qmp, doing: string): Promise<void> {
  for (;;) {
    const { status, "error-desc": reason } = (await qmp.execute("query-migrate")) as Record<string, string | undefined>;
    if (status === "completed") return;
    if (status === "failed" || status === "cancelled") throw new Error(`${doing} the snapshot ${status}: ${reason}`);
    await sleep(20);
  }
}

async function consoleTail(run: string, lines: number): Promise<string> {
  const text = await readFile(consoleLog(run), "utf8").catch(() => "(no console output)");
  return `--- guest console ---\n${text.trimEnd().split("\n").slice(-lines).join("\n")}`;
}
