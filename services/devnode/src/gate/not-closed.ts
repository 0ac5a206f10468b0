/** Why a gate was not closed. */
export class NotClosed extends Error {
  /** It may be closed all the same, as nobody knows how the last step ended. */
  readonly mayStand: boolean;

  constructor(cause: unknown, mayStand: boolean) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.mayStand = mayStand;
  }
}
