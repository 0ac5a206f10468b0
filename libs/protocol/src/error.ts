import { type ErrorCode, errorTable } from "./error-table.ts";

export type ErrorFields = Readonly<Record<string, string | number | bigint | undefined>>;

/** How an error travels in messages and `--json` output. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  readonly mend: string;
  readonly fields: Record<string, string>;
}

/** The one error class: a code from the error table, its fields, and the cause where there is one. */
export class UdevnsError extends Error {
  readonly code: ErrorCode;
  readonly fields: Record<string, string>;

  constructor(code: ErrorCode, fields: ErrorFields = {}, options?: ErrorOptions) {
    const texts = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, String(value ?? "")]));
    super(fill(errorTable[code].message, texts), options);
    this.name = "UdevnsError";
    this.code = code;
    this.fields = texts;
  }

  get mend(): string {
    return fill(errorTable[this.code].mend, this.fields);
  }

  get exitCode(): number {
    return errorTable[this.code].exit;
  }

  get retry(): boolean {
    return errorTable[this.code].retry;
  }

  report(): ErrorReport {
    return { code: this.code, message: this.message, mend: this.mend, fields: this.fields };
  }

  /** What nobody foresaw: its stack is for the log, not for the one who asked. */
  static unforeseen(cause: unknown): UdevnsError {
    const detail = cause instanceof Error ? cause.message : String(cause);
    return new UdevnsError("UDEVNS_E_INTERNAL", { detail }, { cause });
  }

  /** Makes the error again that another process reported; it may be of a later version. */
  static from(report: ErrorReport): UdevnsError {
    return Object.hasOwn(errorTable, report.code)
      ? new UdevnsError(report.code, report.fields)
      : new UdevnsError("UDEVNS_E_INTERNAL", { detail: `${report.code}: ${report.message}` });
  }
}

export const isUdevnsError = (error: unknown, code?: ErrorCode): error is UdevnsError =>
  error instanceof UdevnsError && (code === undefined || error.code === code);

function fill(template: string, fields: Record<string, string>): string {
  return template.replace(/\{(\w+)\}/g, (hole, name: string) => fields[name] ?? hole);
}
