import { readFileSync } from "node:fs";
import { binding, type ModuleHandle, type ModuleSenderHandle } from "./binding.ts";
import { nativeError } from "./errno.ts";
import { attempt } from "./error.ts";
import type { Pidfd } from "./pidfd.ts";
import type { ReceiptLine } from "./receipt.ts";
import type { SenderIds, UeventSender } from "./sender.ts";

/** UDEVNS_PAYLOAD_MAX of kernel/module/udevns_uapi.h. */
const MAX_PAYLOAD = 8_160;
const KERNEL_GROUP = 1;
const UDEV_GROUP = 2;

/** The kernel's own word on which device it is: a file in /dev may be anything. */
const NUMBER = "/sys/class/misc/udevns/dev";

/** `udevns.ko`, loaded. An open one keeps it from being unloaded. */
export interface UeventModule {
  /** Whether it was loaded with `gate=1` and knows this kernel. */
  readonly hasGate: boolean;
  /** A sender into the network namespace `target` is in now. Listeners see the root of the namespace's owner. */
  openSender(target: Pidfd): UeventSender;
  /** Keeps the host's events out of that namespace, or lets them in again. */
  setGate(target: Pidfd, closed: boolean): void;
  close(): void;
}

/** @throws NativeError, ENOENT when it is not loaded */
export function openUeventModule(): UeventModule {
  const [major = 0, minor = 0] = readNumber().split(":").map(Number);
  return new OpenModule(attempt(() => binding.openModule(major, minor)));
}

function readNumber(): string {
  try {
    return readFileSync(NUMBER, "latin1").trim();
  } catch {
    throw nativeError("ENOENT", "open", "/dev/udevns", "udevns.ko is not loaded");
  }
}

class OpenModule implements UeventModule {
  readonly hasGate: boolean;
  readonly #native: ModuleHandle;

  constructor(native: ModuleHandle) {
    this.#native = native;
    this.hasGate = attempt(() => binding.moduleHasGate(native));
  }

  openSender(target: Pidfd): UeventSender {
    return new OpenModuleSender(attempt(() => binding.openModuleSender(this.#native, target.fd)));
  }

  setGate(target: Pidfd, closed: boolean): void {
    attempt(() => binding.moduleGate(this.#native, target.fd, closed));
  }

  close(): void {
    binding.closeModule(this.#native);
  }
}

class OpenModuleSender implements UeventSender {
  readonly maxKernelPayload = MAX_PAYLOAD;
  readonly netnsInode: bigint;
  readonly #native: ModuleSenderHandle;

  constructor(native: ModuleSenderHandle) {
    this.#native = native;
    this.netnsInode = binding.moduleSenderNetns(native);
  }

  sendKernel(payload: Uint8Array, _ids: SenderIds, under?: ReceiptLine): void {
    this.#send(KERNEL_GROUP, payload, under);
  }

  sendUdev(payload: Uint8Array, _ids: SenderIds, under?: ReceiptLine): void {
    this.#send(UDEV_GROUP, payload, under);
  }

  close(): void {
    binding.closeModuleSender(this.#native);
  }

  #send(group: number, payload: Uint8Array, under: ReceiptLine | undefined): void {
    attempt(() => binding.moduleSend(this.#native, group, payload, under?.receipt.native, under?.note));
  }
}
