/** More than end at once; what is forgotten is only that it was said. */
const MOST_KNOWN = 1_024;

/** Containers of which it was said that they have ended: each of their devices finds that out by itself. */
export class EndedContainers {
  readonly #said = new Set<string>();

  /** @returns whether it is the first time */
  isNews(instance: string): boolean {
    if (this.#said.has(instance)) return false;
    if (this.#said.size >= MOST_KNOWN) this.#said.clear();
    this.#said.add(instance);
    return true;
  }
}
