import { UdevnsError } from "@udevns/protocol";
import { ErrorCode, NatsError } from "nats";

/** True when the server refused a subject to these credentials. */
export const isDenied = (error: unknown): boolean =>
  error instanceof NatsError && error.code === ErrorCode.PermissionsViolation;

export const deniedError = (subject: string, cause: unknown): UdevnsError =>
  new UdevnsError("UDEVNS_E_BUS_DENIED", { subject }, { cause });
