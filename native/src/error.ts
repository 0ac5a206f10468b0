/** A system call that failed. `errno` is positive, as in errno(3); `code` is its name. */
export class NativeError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly target: string;

  constructor(message: string, fields: { code: string; errno: number; syscall: string; target: string }) {
    super(message);
    this.name = "NativeError";
    this.code = fields.code;
    this.errno = fields.errno;
    this.syscall = fields.syscall;
    this.target = fields.target;
  }
}

/** The plain Error that C++ throws. */
export type RawError = Error & { code: string; errno: number; syscall: string; target: string };

export const isRawError = (error: unknown): error is RawError =>
  typeof error === "object" && error !== null && "errno" in error && "syscall" in error && "target" in error;

export const fromRaw = (error: RawError): NativeError =>
  error instanceof NativeError ? error : new NativeError(error.message, error);

/** Calls into C++; what it throws becomes a NativeError. */
export function attempt<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw isRawError(error) ? fromRaw(error) : error;
  }
}
