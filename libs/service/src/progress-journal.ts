import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { LogPosition } from "@udevns/protocol";

/** Where a journal is written anew with only what still matters; later, where it has doubled since. */
const COMPACT_BYTES = 1 << 20;

/** What a process that ended before had done of its stream. */
interface Recovered {
  readonly epoch: string;
  /** Everything up to here is done. */
  readonly floor: number;
  readonly done: ReadonlySet<number>;
}

/**
 * Remembers which entries of a stream a service has dealt with, also out of order, across a kill at any moment.
 *
 * One short append a step, which a kill leaves out or whole: the page cache outlives the process. It lies on a tmpfs, as what it
 * speaks of (namespaces, nodes) does not outlive the boot either. Lines: `e EPOCH FLOOR`, `d SEQUENCE FLOOR`.
 */
export class ProgressJournal {
  readonly #path: string;
  #fd: number;
  #bytes = 0;
  #compactAt = COMPACT_BYTES;
  #epoch = "";
  #floor = 0;
  /** Highest sequence that came in, in this life. */
  #seen = 0;
  readonly #done = new Set<number>();
  readonly #open = new Set<number>();
  readonly recovered: Recovered;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#path = path;
    this.recovered = recover(path);
    this.#epoch = this.recovered.epoch;
    this.#floor = this.recovered.floor;
    for (const sequence of this.recovered.done) this.#done.add(sequence);
    this.#seen = this.#floor;
    this.#fd = this.#rewrite();
  }

  /** Everything up to there is done; undefined before the first entry of any log. */
  get position(): LogPosition | undefined {
    return this.#epoch === "" ? undefined : { sequence: this.#floor, epoch: this.#epoch };
  }

  /** First sequence to read. */
  get start(): { sequence: number; epoch: string | undefined } {
    return { sequence: this.#floor + 1, epoch: this.#epoch || undefined };
  }

  /**
   * Says that an entry came in. Entries come in the stream's order.
   * @returns false when it was done in an earlier life
   */
  accept(sequence: number, epoch: string): boolean {
    if (epoch !== this.#epoch) this.#startAnew(epoch, sequence - 1);
    this.#seen = Math.max(this.#seen, sequence);
    if (sequence <= this.#floor || this.#done.has(sequence)) return false;
    this.#open.add(sequence);
    return true;
  }

  /** Of another epoch it says nothing: the log that knew the entry by this number is gone. */
  done(sequence: number, epoch: string): void {
    if (epoch !== this.#epoch || sequence <= this.#floor) return;
    this.#open.delete(sequence);
    this.#done.add(sequence);
    this.#raiseFloor();
    this.#append(`d ${sequence} ${this.#floor}\n`);
    if (this.#bytes > this.#compactAt) {
      const old = this.#fd;
      this.#fd = this.#rewrite();
      closeSync(old);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #raiseFloor(): void {
    // Entries are opened in rising order, so the first one in the set is the lowest. What an earlier life did behind the last
    // that came in says nothing of those between the two.
    const [firstOpen] = this.#open;
    const ceiling = firstOpen === undefined ? this.#seen : firstOpen - 1;
    if (ceiling <= this.#floor) return;
    this.#floor = ceiling;
    for (const sequence of this.#done) if (sequence <= ceiling) this.#done.delete(sequence);
  }

  #startAnew(epoch: string, floor: number): void {
    this.#epoch = epoch;
    this.#floor = floor;
    this.#seen = floor;
    this.#done.clear();
    this.#open.clear();
    ftruncateSync(this.#fd);
    this.#bytes = 0;
    this.#compactAt = COMPACT_BYTES;
    this.#append(`e ${epoch} ${floor}\n`);
  }

  #append(line: string): void {
    this.#bytes += writeSync(this.#fd, line);
  }

  #rewrite(): number {
    const lines = [
      `e ${this.#epoch} ${this.#floor}`,
      ...[...this.#done].map((sequence) => `d ${sequence} ${this.#floor}`),
    ];
    writeFileSync(`${this.#path}.new`, `${lines.join("\n")}\n`, { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
    const fd = openSync(this.#path, "a", 0o600);
    this.#bytes = fstatSync(fd).size;
    this.#compactAt = Math.max(COMPACT_BYTES, 2 * this.#bytes);
    return fd;
  }
}

function recover(path: string): Recovered {
  let epoch = "";
  let floor = 0;
  const done = new Set<number>();
  for (const line of readLines(path)) {
    const [kind, first = "", ...rest] = line.split(" ");
    if (kind === "e") {
      epoch = first;
      floor = Number(rest[0] ?? 0) || 0;
      done.clear();
    } else if (kind === "d") {
      done.add(Number(first));
      floor = Math.max(floor, Number(rest[0] ?? 0) || 0);
    }
  }
  for (const sequence of done) if (sequence <= floor) done.delete(sequence);
  return { epoch, floor, done };
}

function readLines(path: string): string[] {
  try {
    const text = readFileSync(path, "utf8");
    // A last line without its newline was cut by the kill.
    return text.slice(0, text.lastIndexOf("\n")).split("\n");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
