/** One finding in a policy file, at its place. Lines and columns start at 1. */
export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: DiagnosticCode;
  readonly message: string;
  /** What the reader can do about it. */
  readonly mend: string;
  readonly severity: "error" | "warning";
}

/** Every finding by its code, with its severity. */
export const diagnosticCodes = {
  "yaml-syntax": "error",
  "yaml-limit": "error",
  "unknown-key": "error",
  "missing-key": "error",
  "wrong-type": "error",
  "bad-value": "error",
  "duplicate-name": "error",
  "bad-glob": "error",
  "udev-syntax": "error",
  "udev-unsupported": "error",
  "cel-error": "error",
  "no-outcome": "error",
  "no-recipient": "error",
  "node-path": "error",
  "never-matches": "error",
  shadowed: "warning",
  "matches-all": "warning",
  "no-rules": "warning",
} as const satisfies Record<string, "error" | "warning">;
export type DiagnosticCode = keyof typeof diagnosticCodes;

/** Byte offsets of a value in its file; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Takes findings in while a file is read. */
export type Report = (span: Span, code: DiagnosticCode, message: string, mend: string) => void;

/** `rules.yaml:3:5: error: …` as compilers write it, which editors can jump to. */
export const formatDiagnostic = ({ file, line, column, severity, code, message, mend }: Diagnostic): string =>
  `${file}:${line}:${column}: ${severity}: ${message} [${code}]\n  ${mend}`;
