import { Socket } from "node:net";
import { askKeeper, closeFd, type KeptSocket } from "@udevns/native";
import type { ServiceContext } from "@udevns/service";

const RETRY_MS = 200;

/**
 * `udevns-keeper` holds the uevent socket beside capture where no supervisor does, so that either of the two may be killed or
 * replaced while the socket lives on (docs/adr/0007).
 */
export class Keeper {
  readonly #path: string;
  readonly #log: ServiceContext["log"];
  #connection: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #shared: number | undefined;

  constructor(path: string, log: ServiceContext["log"]) {
    this.#path = path;
    this.#log = log;
  }

  /** The socket that it has; undefined when none answers. */
  take(): Pick<KeptSocket, "fd" | "fresh"> | undefined {
    try {
      return this.#ask(undefined);
    } catch (error) {
      this.#log.warn({ err: error }, "there is no keeper of the uevent socket; opening one of our own");
      return undefined;
    }
  }

  /** Offers that socket to every keeper that comes from now on, until it is closed. */
  share(fd: number): void {
    this.#shared = fd;
    if (this.#connection === undefined) this.#offer();
  }

  close(): void {
    this.#shared = undefined;
    clearTimeout(this.#timer);
    this.#connection?.destroy();
  }

  #offer(): void {
    if (this.#shared === undefined) return;
    try {
      closeFd(this.#ask(this.#shared).fd);
      this.#log.info("a keeper has the uevent socket");
    } catch {
      this.#timer = setTimeout(() => this.#offer(), RETRY_MS);
    }
  }

  #ask(offered: number | undefined): Pick<KeptSocket, "fd" | "fresh"> {
    const { connection, fd, fresh } = askKeeper(this.#path, offered);
    const socket = new Socket({ fd: connection });
    socket.on("error", () => undefined);
    socket.once("close", () => {
      this.#connection = undefined;
      this.#offer();
    });
    socket.resume();
    this.#connection = socket;
    return { fd, fresh };
  }
}
