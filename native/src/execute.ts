import { binding } from "./binding.ts";
import { nativeError } from "./errno.ts";
import { attempt, fromRaw, isRawError, type NativeError, type RawError } from "./error.ts";
import type { IdRange } from "./idmap.ts";
import type { Identity, Operation, OperationName, OperationResult } from "./operations.ts";
import { checkOperation, isUint32 } from "./paths.ts";
import type { Pidfd } from "./pidfd.ts";
import { Places } from "./places.ts";

/** A container to make files in. */
export interface MountTarget {
  pidfd: Pidfd;
  /** Host ids of the container's root; 0 and 0 when it has no user namespace. */
  rootUid: number;
  rootGid: number;
  /** Default: none. */
  confine?: Confinement;
}

/** Where nothing is made for a container though we could, as we have more rights than its root. Looked at by descriptor, so without a race. */
export interface Confinement {
  /** Of its user namespace: its root can make files only in directories of ids that are mapped. Empty: all are. */
  uids: readonly IdRange[];
  gids: readonly IdRange[];
  /** Directories of the host's, EXDEV; `ino` 0: whole file systems. */
  avoid: readonly Identity[];
}

/** Operations stop at the first error, other than of one that may fail; the rest is skipped. */
export type OperationOutcome<Name extends OperationName = OperationName> =
  | { ok: true; result: OperationResult<Name> }
  | { ok: false; error: NativeError }
  | { ok: false; skipped: true };

/** One outcome for each operation, typed by it. */
export type OperationOutcomes<Operations extends readonly Operation[]> = {
  -readonly [I in keyof Operations]: OperationOutcome<Operations[I]["op"]>;
};

export interface ExecuteOptions {
  /** Default 2000. After it the promise rejects with ETIMEDOUT; at most the operation under way still happens. */
  timeoutMs?: number;
}

/**
 * Works inside the mount namespace and below the root directory of a container, in a thread of its own.
 * Rejects (ESRCH, EPERM, ETIMEDOUT, EINVAL for a bad path) when nothing or no one knows what was done;
 * what an operation itself runs into is in its outcome.
 */
export const executeIn = <const Operations extends readonly Operation[]>(
  target: MountTarget,
  operations: Operations,
  options: ExecuteOptions = {},
): Promise<OperationOutcomes<Operations>> =>
  execute({ container: target }, operations, options) as Promise<OperationOutcomes<Operations>>;

/** The same below a directory of ours, in our own mount namespace. */
export const executeHere = <const Operations extends readonly Operation[]>(
  rootFd: number,
  operations: Operations,
  options: ExecuteOptions = {},
): Promise<OperationOutcomes<Operations>> =>
  execute({ rootFd }, operations, options) as Promise<OperationOutcomes<Operations>>;

const places = new Places();

/** True while a call that was given up (ETIMEDOUT) has not come back: what it was about to do in there may still happen. */
export const isHangingIn = ({ pidfd }: Pick<MountTarget, "pidfd">): boolean => places.stuckIn(nameOf(pidfd)) > 0;

type Where = { container: MountTarget } | { rootFd: number };

async function execute(
  where: Where,
  operations: readonly Operation[],
  options: ExecuteOptions,
): Promise<OperationOutcome[]> {
  for (const operation of operations) checkOperation(operation);
  const rootFd = "rootFd" in where ? where.rootFd : -1;
  const timeoutMs = options.timeoutMs ?? 2000;
  const place = "container" in where ? nameOf(where.container.pidfd) : `directory fd ${rootFd} ${operations[0]?.path}`;
  if (places.isLost(place)) {
    const why = `${places.stuckIn(place)} calls before have not come back`;
    throw nativeError("ETIMEDOUT", "execute", place, why);
  }

  const { promise, resolve, reject } = withResolvers<OperationOutcome[]>();
  let abandon: (() => void) | undefined;
  const settle = (refused?: RawError, results?: unknown[]) => {
    places.leave(place, results === undefined);
    if (results === undefined) return;
    clearTimeout(timer);
    if (refused) reject(fromRaw(refused));
    else resolve(outcomes(operations.length, results as (OperationResult | RawError)[]));
  };
  // The thread may hang in a file system for ever; the timer, not the thread, keeps the event loop alive.
  const timer = setTimeout(() => {
    leaveLine();
    if (abandon !== undefined) {
      abandon();
      places.giveUp(place);
    }
    reject(nativeError("ETIMEDOUT", "execute", place, `no answer within ${timeoutMs} ms`));
  }, timeoutMs);
  const leaveLine = places.enter(place, () => {
    try {
      // Only now: a pidfd that was closed meanwhile has a number that may be another's.
      const target = "container" in where ? nativeTarget(where.container) : undefined;
      abandon = attempt(() => binding.execute(target, rootFd, operations, settle));
    } catch (error) {
      clearTimeout(timer);
      places.leave(place, false);
      reject(error);
    }
  });
  return promise;
}

function outcomes(count: number, results: (OperationResult | RawError)[]): OperationOutcome[] {
  return Array.from({ length: count }, (_, i) => {
    const result = results[i];
    if (result === undefined) return { ok: false, skipped: true };
    return isRawError(result) ? { ok: false, error: fromRaw(result) } : { ok: true, result };
  });
}

function nativeTarget({ pidfd, rootUid, rootGid, confine }: MountTarget) {
  if (!isUint32(rootUid) || !isUint32(rootGid))
    throw nativeError("EINVAL", "execute", `${rootUid}:${rootGid}`, "no ids of a root");
  return { pidfd: pidfd.fd, pid: pidfd.pid, rootUid, rootGid, confine };
}

const nameOf = ({ pid }: Pidfd): string => `process ${pid}`;

/** Promise.withResolvers came with Node 22. */
function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  return { promise, resolve, reject };
}
