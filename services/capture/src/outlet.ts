import type { LogWriter } from "@udevns/bus";
import { isUdevnsError, monotonicMicros, subjects, type UeventMessage } from "@udevns/protocol";

/**
 * The bounded way out. While the bus is away messages wait; when too many do, edges are given up and `onLoss` is called once
 * there is room again, so that a scan can say the difference. `onIdle` is called whenever all that was taken is stored.
 */
export class Outlet {
  readonly #writer: LogWriter;
  readonly #maxPending: number;
  readonly #onLoss: () => unknown;
  readonly #onIdle: () => void;
  #givenUp = 0;

  constructor(writer: LogWriter, maxPending: number, { onLoss, onIdle }: { onLoss(): unknown; onIdle(): void }) {
    this.#writer = writer;
    this.#maxPending = maxPending;
    this.#onLoss = onLoss;
    this.#onIdle = onIdle;
  }

  get pending(): number {
    return this.#writer.pending;
  }

  /** @returns false when the message was given up */
  publish(message: UeventMessage, onStored: () => void, onError: (error: unknown) => void): boolean {
    if (this.#givenUp > 0 || this.#writer.pending >= this.#maxPending) {
      this.#givenUp += 1;
      return false;
    }
    message.hops.capture = monotonicMicros();
    const subject = subjects.uevent(message.host, message.subsystem, message.action);
    this.#writer.publish(subject, message, message.id).then(
      () => {
        onStored();
        this.#settled();
      },
      // It was counted; there is nothing to keep it for.
      (error: unknown) => (isUdevnsError(error, "UDEVNS_E_BUS_UNFIT") ? this.#settled() : onError(error)),
    );
    return true;
  }

  #settled(): void {
    this.#recover();
    if (this.#writer.pending === 0) this.#onIdle();
  }

  #recover(): void {
    if (this.#givenUp === 0 || this.#writer.pending > this.#maxPending / 2) return;
    this.#givenUp = 0;
    this.#onLoss();
  }
}
