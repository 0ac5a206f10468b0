import type { Qmp } from "./qmp.ts";

const key = (qcode: string, down: boolean) => ({ type: "key", data: { down, key: { type: "qcode", data: qcode } } });
const move = (axis: "x" | "y", value: number) => ({ type: "rel", data: { axis, value } });

/** QEMU hands every key to the keyboard plugged last, every movement to the mouse plugged last. */
export class VirtualHands {
  readonly #qmp: Qmp;

  constructor(qmp: Qmp) {
    this.#qmp = qmp;
  }

  async press(qcode: string): Promise<void> {
    await this.#qmp.execute("input-send-event", { events: [key(qcode, true)] });
  }

  async release(qcode: string): Promise<void> {
    await this.#qmp.execute("input-send-event", { events: [key(qcode, false)] });
  }

  /** QEMU's key names: "a", "ret", "shift"; each is pressed and released in turn. */
  async type(qcodes: Iterable<string>): Promise<void> {
    for (const qcode of qcodes) {
      await this.press(qcode);
      await this.release(qcode);
    }
  }

  async moveMouse(dx: number, dy: number): Promise<void> {
    await this.#qmp.execute("input-send-event", { events: [move("x", dx), move("y", dy)] });
  }

  async click(button: "left" | "middle" | "right" = "left"): Promise<void> {
    for (const down of [true, false]) {
      await this.#qmp.execute("input-send-event", { events: [{ type: "btn", data: { down, button } }] });
    }
  }
}
