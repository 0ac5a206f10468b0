import type { Taking } from "./made.ts";
import { type Deferrable, type Obstacle, obstacleTo } from "./obstacle.ts";

interface Waiting {
  readonly order: Deferrable;
  /** Hands it to the queue; it is waiting until it runs there. */
  readonly submit: () => void;
  /** It will never be carried out. */
  readonly drop: () => void;
  submitted: boolean;
}

/**
 * Orders that wait until a device has left who shall not have it any more. They wait outside the queue, so that their containers'
 * other devices do not wait with them; the journal keeps them open, so that a later life reads them again (ADR 6).
 */
export class WaitingOrders {
  readonly #takings: () => readonly Taking[];
  readonly #notGated: (instance: string) => string | undefined;
  #waiting: readonly Waiting[] = [];

  /**
   * @param takings those that are open now
   * @param notGated why a container has not the gate that it must have
   */
  constructor(takings: () => readonly Taking[], notGated: (instance: string) => string | undefined = () => undefined) {
    this.#takings = takings;
    this.#notGated = notGated;
  }

  /** What keeps an order back: one that waits already by those before it, any other by all that wait. */
  obstacleTo(order: Deferrable): Obstacle | undefined {
    const at = this.#waiting.findIndex((entry) => entry.order === order);
    const earlier = at < 0 ? this.#waiting : this.#waiting.slice(0, at);
    return obstacleTo(
      order,
      this.#takings(),
      earlier.map((entry) => entry.order),
      this.#notGated(order.container.instance),
    );
  }

  add(order: Deferrable, submit: () => void, drop: () => void): void {
    const known = this.#waiting.find((entry) => entry.order === order);
    if (known !== undefined) {
      known.submitted = false;
      return;
    }
    this.#end((entry) => isSuperseded(entry.order, order));
    this.#waiting = [...this.#waiting, { order, submit, drop, submitted: false }];
  }

  has(order: Deferrable): boolean {
    return this.#waiting.some((entry) => entry.order === order);
  }

  /** It is carried out now. */
  remove(order: Deferrable): void {
    this.#waiting = this.#waiting.filter((entry) => entry.order !== order);
  }

  /** Ends those that a take of the same device, or the end of their container, makes void. */
  dropFor(instance: string, devpath?: string): void {
    this.#end(
      ({ order: { container, device } }) =>
        container.instance === instance && (devpath === undefined || devpath === device.devpath),
    );
  }

  #end(isVoid: (entry: Waiting) => boolean): void {
    const dropped = this.#waiting.filter(isVoid);
    if (dropped.length === 0) return;
    this.#waiting = this.#waiting.filter((entry) => !isVoid(entry));
    for (const entry of dropped) entry.drop();
  }

  /** Submits what nothing keeps back any more; called whenever something has come to its end. */
  release(): void {
    for (const entry of this.#waiting) {
      if (entry.submitted || this.obstacleTo(entry.order) !== undefined) continue;
      entry.submitted = true;
      entry.submit();
    }
  }
}

/** Of a device that it has not got yet, the container need not hear each time that it changed. */
const isSuperseded = (earlier: Deferrable, later: Deferrable): boolean =>
  isChange(earlier) &&
  isChange(later) &&
  earlier.container.instance === later.container.instance &&
  earlier.device.devpath === later.device.devpath;

const isChange = ({ kind, uevent }: Deferrable): boolean => kind === "tell" && uevent.action === "change";
