type CleanUp = () => Promise<unknown> | unknown;

/** What a test has to undo, in reverse order, whatever happened to it. */
export class CleanUps {
  readonly #list: CleanUp[] = [];

  add(cleanUp: CleanUp): void {
    this.#list.push(cleanUp);
  }

  async run(): Promise<void> {
    for (const cleanUp of this.#list.splice(0).reverse()) await cleanUp();
  }
}
