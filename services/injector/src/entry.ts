/** One entry of the injector's log. */
export interface Entry {
  readonly sequence: number;
  readonly epoch: string;
}

/** What the receipt calls it. */
export const noteOf = ({ sequence, epoch }: Entry): string => `${sequence} ${epoch}`;

export function entryOf(note: string): Entry {
  const space = note.indexOf(" ");
  return { sequence: Number(note.slice(0, space)), epoch: note.slice(space + 1) };
}
