import type { Grant } from "@udevns/protocol";

/** What containers have now, by device and container. */
export class Grants {
  readonly #byDevice = new Map<string, Map<string, Grant>>();

  put(grant: Grant): void {
    const { devpath } = grant.device;
    const holders = this.#byDevice.get(devpath) ?? new Map<string, Grant>();
    this.#byDevice.set(devpath, holders.set(grant.container.name, grant));
  }

  delete(devpath: string, container: string): void {
    const holders = this.#byDevice.get(devpath);
    holders?.delete(container);
    if (holders?.size === 0) this.#byDevice.delete(devpath);
  }

  of(devpath: string): Grant[] {
    return [...(this.#byDevice.get(devpath)?.values() ?? [])];
  }

  get(devpath: string, container: string): Grant | undefined {
    return this.#byDevice.get(devpath)?.get(container);
  }

  *all(): Generator<Grant> {
    for (const holders of this.#byDevice.values()) yield* holders.values();
  }
}
