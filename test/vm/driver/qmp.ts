import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";

export interface QmpEvent {
  readonly event: string;
  readonly data?: Record<string, unknown>;
}

export type QmpArguments = Readonly<Record<string, unknown>>;

interface Reply {
  readonly id?: number;
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
  readonly event?: string;
  readonly data?: Record<string, unknown>;
}

interface Pending {
  readonly command: string;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** QEMU's control protocol: one JSON object a line, replies matched by id, events in between. */
export class Qmp {
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  #nextId = 1;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("close", () => this.#fail(new Error("QEMU closed its control socket")));
    socket.on("error", (error) => this.#fail(error));
    createInterface({ input: socket }).on("line", (line) => this.#receive(JSON.parse(line) as Reply));
  }

  static async open(path: string): Promise<Qmp> {
    const socket = await new Promise<Socket>((resolve, reject) => {
      const opening = connect(path, () => resolve(opening));
      opening.once("error", reject);
    });
    const qmp = new Qmp(socket);
    await qmp.execute("qmp_capabilities");
    return qmp;
  }

  execute(command: string, args: QmpArguments = {}): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { command, resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  /** Call it before the command that causes the event: the event may come before the command's reply. */
  waitFor(name: string, matches: (event: QmpEvent) => boolean, milliseconds: number): Promise<QmpEvent> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
        settle();
      };
      const timer = setTimeout(
        () => finish(() => reject(new Error(`QEMU sent no ${name} within ${milliseconds} ms`))),
        milliseconds,
      );
      const listener = (event: QmpEvent): void => {
        if (event.event === name && matches(event)) finish(() => resolve(event));
      };
      this.#listeners.add(listener);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(message: Reply): void {
    const { event, data, id } = message;
    if (event !== undefined) {
      for (const listener of this.#listeners) listener(data === undefined ? { event } : { event, data });
      return;
    }
    if (id === undefined) return; // the greeting
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (message.error === undefined) pending?.resolve(message.return);
    else pending?.reject(new Error(`QMP ${pending.command}: ${message.error.desc}`));
  }

  #fail(error: Error): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}
