import type { UdevnsError } from "@udevns/protocol";

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
export type Colour = keyof typeof codes;

/** Where a command's words go: data to stdout, talk to stderr; JSON where it was asked for; colours only on a terminal. */
export class Output {
  readonly json: boolean;
  readonly #colours: boolean;

  constructor({ json, colour }: { json: boolean; colour: boolean }) {
    this.json = json;
    this.#colours = colour;
  }

  /** One JSON document, or what `text` makes of it. */
  print<T>(value: T, text: (value: T) => string): void {
    process.stdout.write(`${this.json ? JSON.stringify(value) : text(value)}\n`);
  }

  note(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  error(error: UdevnsError): void {
    if (this.json) process.stdout.write(`${JSON.stringify({ ok: false, error: error.report() })}\n`);
    process.stderr.write(`${this.paint("red", "error")} ${error.message}\n      ${error.mend} [${error.code}]\n`);
  }

  paint(colour: Colour, text: string): string {
    return this.#colours ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text;
  }
}

/** Columns padded to their widest cell. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
