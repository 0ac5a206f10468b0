import { type Bus, parseJson, tap } from "@udevns/bus";
import { checked, DevnodeWork, subjects } from "@udevns/protocol";

/** What is ordered for the paper hosts, as anybody on the bus would hear it. */
export class Orders {
  readonly #saidAt = new Map<string, number>();
  #took: number[] = [];
  #lastAt = 0;

  constructor(bus: Bus) {
    tap(bus, subjects.devnodeWorks(), (subject, data) =>
      this.#hear(checked(DevnodeWork, parseJson(data, subject), subject)),
    );
  }

  /** The kernel of that host has a new device now. */
  expect(host: string, devpath: string): void {
    this.#saidAt.set(`${host}${devpath}`, performance.now());
  }

  /** Events that no order has answered. */
  get missing(): number {
    return this.#saidAt.size;
  }

  /** What came so far was no part of what is measured. */
  forget(): void {
    this.#took = [];
  }

  get lastAt(): number {
    return this.#lastAt;
  }

  /** From an event to its order. */
  milliseconds(): { readonly p50: number; readonly p99: number; readonly max: number } {
    const sorted = [...this.#took].sort((a, b) => a - b);
    const at = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
    return { p50: at(0.5), p99: at(0.99), max: at(1) };
  }

  #hear(order: DevnodeWork): void {
    if (order.kind !== "give") return;
    const key = `${order.host}${order.device.devpath}`;
    const saidAt = this.#saidAt.get(key);
    // An order that is sent again after an outage has been heard before.
    if (saidAt === undefined) return;
    this.#saidAt.delete(key);
    this.#lastAt = performance.now();
    this.#took.push(this.#lastAt - saidAt);
  }
}
