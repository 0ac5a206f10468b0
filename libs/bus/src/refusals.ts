/** So many subjects are remembered; a refusal comes back within one round trip. */
const RECENT = 1_000;

/**
 * Tells which of the server's refusals are a fault of this process. A refused request fails for whoever asked. What is only
 * published (heartbeats, results, a reader's pulls) fails for nobody, so its subjects are noted here. All others are somebody
 * else's choice: a reply goes where the request says, and a requester must not be able to end a service by it.
 */
export class Refusals {
  readonly #published = new Set<string>();

  note(subject: string): void {
    if (this.#published.size >= RECENT) this.#published.clear();
    this.#published.add(subject);
  }

  /** @returns what was refused, in words, when nobody else will hear of it */
  ownFault({ operation, subject }: { operation: string; subject: string }): string | undefined {
    if (operation === "subscription") return `a subscription to ${subject}`;
    return this.#published.has(subject) ? subject : undefined;
  }
}
