/** How many removed devices are remembered. Far more than can be in flight; old `event123` names never come back. */
const LIMIT = 4096;

/** Seqnums at which devices went, so that a late edge does not bring one back. */
export class Tombstones {
  readonly #gone = new Map<string, { readonly boot: string; readonly seqnum: number }>();

  bury(devpath: string, boot: string, seqnum: number): void {
    this.#gone.delete(devpath);
    this.#gone.set(devpath, { boot, seqnum });
    if (this.#gone.size > LIMIT) this.#gone.delete(this.#gone.keys().next().value!);
  }

  /** The seqnum at which a device went in this boot, if it is remembered. */
  goneAt(devpath: string, boot: string): number | undefined {
    const grave = this.#gone.get(devpath);
    return grave?.boot === boot ? grave.seqnum : undefined;
  }

  open(devpath: string): void {
    this.#gone.delete(devpath);
  }
}
