import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LIBRARIES = "/usr/lib";
const LIBRARY = "faketime/libfaketimeMT.so.1";

/**
 * The wall clock that the services read, and nobody else on this machine: libfaketime adds to what their libc answers (faketime(1)).
 * nats-server asks the kernel itself, and monotonic time is left alone, as a clock that is set leaves it.
 */
export class Clock {
  readonly #directory = mkdtempSync(join(tmpdir(), "udevns-clock-"));
  /** For the services to be started with. */
  readonly env: NodeJS.ProcessEnv;

  constructor() {
    const library = readdirSync(LIBRARIES)
      .map((architecture) => join(LIBRARIES, architecture, LIBRARY))
      .find(existsSync);
    if (library === undefined) throw new Error(`there is no ${LIBRARIES}/*/${LIBRARY}: infra/setup chaos installs it`);
    this.env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      FAKETIME_DISABLE_SHM: "1",
      NO_FAKE_STAT: "1",
      DONT_FAKE_UTIME: "1",
    };
    this.set(0);
  }

  /** Sets it so far from the machine's, from now on. */
  set(seconds: number): void {
    // Whole or not at all: somebody may be about to read it.
    writeFileSync(`${this.#file}.new`, `${seconds < 0 ? "" : "+"}${seconds}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }

  close(): void {
    rmSync(this.#directory, { recursive: true });
  }

  get #file(): string {
    return join(this.#directory, "offset");
  }
}
