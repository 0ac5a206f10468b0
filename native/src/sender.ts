import { binding, type SenderHandle } from "./binding.ts";
import { nativeError } from "./errno.ts";
import { attempt } from "./error.ts";
import { isUint32 } from "./paths.ts";
import { openPidfd, type Pidfd } from "./pidfd.ts";
import type { ReceiptLine } from "./receipt.ts";

/** Host ids of the root of the receiving container: its udevd accepts what comes from its own root only. */
export interface SenderIds {
  uid: number;
  gid: number;
}

export interface UeventSender {
  /** Bytes that an event for the kernel group may have. */
  readonly maxKernelPayload: number;
  /** Inode of the network namespace it sends into. */
  readonly netnsInode: bigint;
  /** `action@devpath\0KEY=value\0…` to the kernel group there, and nowhere else. The kernel appends SEQNUM. */
  sendKernel(payload: Uint8Array, ids: SenderIds, under?: ReceiptLine): void;
  /** A libudev message to the udev group there. */
  sendUdev(payload: Uint8Array, ids: SenderIds, under?: ReceiptLine): void;
  /** An open sender keeps the namespace alive: close it when the container is gone. */
  close(): void;
}

/** Always safe: header, payload and the SEQNUM the kernel appends fit UEVENT_BUFFER_SIZE, 2048. */
export const maxKernelPayload = 2004;

/** A sender into the network namespace `target` is in now. */
export function openUeventSender(target: Pidfd): UeventSender {
  return new OpenSender(attempt(() => binding.openSender(target.fd)));
}

/** Asks the kernel whether it passes events on to one namespace, which it does since 4.18. Nobody hears of it. @throws NativeError */
export function probeInjection(): void {
  const own = openPidfd(process.pid);
  try {
    const native = attempt(() => binding.openSender(own.fd));
    try {
      attempt(() => binding.probeSender(native));
    } finally {
      binding.closeSender(native);
    }
  } finally {
    own.close();
  }
}

class OpenSender implements UeventSender {
  readonly maxKernelPayload = maxKernelPayload;
  readonly netnsInode: bigint;
  readonly #native: SenderHandle;

  constructor(native: SenderHandle) {
    this.#native = native;
    this.netnsInode = binding.senderNetns(native);
  }

  sendKernel(payload: Uint8Array, ids: SenderIds, under?: ReceiptLine): void {
    checkIds(ids);
    if (payload.length > maxKernelPayload)
      throw nativeError("EMSGSIZE", "sendmmsg", "kernel group", `${payload.length} bytes, at most ${maxKernelPayload}`);
    attempt(() => binding.sendKernel(this.#native, payload, ids.uid, ids.gid, under?.receipt.native, under?.note));
  }

  sendUdev(payload: Uint8Array, ids: SenderIds, under?: ReceiptLine): void {
    checkIds(ids);
    attempt(() => binding.sendUdev(this.#native, payload, ids.uid, ids.gid, under?.receipt.native, under?.note));
  }

  close(): void {
    binding.closeSender(this.#native);
  }
}

function checkIds({ uid, gid }: SenderIds): void {
  if (!isUint32(uid) || !isUint32(gid)) throw nativeError("EINVAL", "sendmmsg", `${uid}:${gid}`, "no ids of a sender");
}
