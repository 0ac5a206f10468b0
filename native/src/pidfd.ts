import { binding, type WatchHandle } from "./binding.ts";
import { nativeError } from "./errno.ts";
import { attempt } from "./error.ts";

/** A process that cannot be mistaken for a later one with its number, pidfd_open(2). */
export interface Pidfd {
  readonly pid: number;
  /** EBADF once closed. */
  readonly fd: number;
  alive(): boolean;
  /** Calls back once, later, also when the process has ended already. Does not keep the event loop alive. */
  onExit(callback: () => void): void;
  close(): void;
}

/**
 * ESRCH when there is no such process; EINVAL or ENOENT for a thread that is not its first.
 * @param of `thread`: that one thread and its files, which kernels before 6.9 refuse with EINVAL
 */
export function openPidfd(pid: number, of: "process" | "thread" = "process"): Pidfd {
  if (!Number.isInteger(pid) || pid <= 0 || pid >= 2 ** 31)
    throw nativeError("EINVAL", "pidfd_open", String(pid), "not a process id");
  return new OpenPidfd(
    pid,
    attempt(() => binding.pidfdOpen(pid, of === "thread")),
  );
}

/** PROC_USER_INIT_INO, include/linux/proc_ns.h: the number that the initial user namespace has on every machine. */
export const INITIAL_USER_NAMESPACE = 0xefff_fffdn;

/** Inode of the user namespace that owns the process's network namespace: who owns it decides which events are heard there. */
export const netnsOwner = (pidfd: Pidfd): bigint => attempt(() => binding.netnsOwner(pidfd.fd));

class OpenPidfd implements Pidfd {
  readonly pid: number;
  #fd: number | undefined;
  #watches = new Set<WatchHandle>();

  constructor(pid: number, fd: number) {
    this.pid = pid;
    this.#fd = fd;
  }

  get fd(): number {
    if (this.#fd === undefined) throw nativeError("EBADF", "pidfd", String(this.pid), "closed");
    return this.#fd;
  }

  alive(): boolean {
    return attempt(() => binding.pidfdAlive(this.fd));
  }

  onExit(callback: () => void): void {
    const watch = attempt(() =>
      binding.openWatch(this.fd, () => {
        this.#watches.delete(watch);
        callback();
      }),
    );
    this.#watches.add(watch);
  }

  close(): void {
    if (this.#fd === undefined) return;
    for (const watch of this.#watches) binding.cancelWatch(watch);
    this.#watches.clear();
    binding.closeFd(this.#fd);
    this.#fd = undefined;
  }
}
