import { createRequire } from "node:module";
import type { RawError } from "./error.ts";

/** C++ objects: what they hold goes with the last reference, or when they are closed. */
export type MonitorHandle = { readonly monitor: unique symbol };
export type SenderHandle = { readonly sender: unique symbol };
export type ModuleHandle = { readonly module: unique symbol };
export type ModuleSenderHandle = { readonly moduleSender: unique symbol };
export type ReceiptHandle = { readonly receipt: unique symbol };
export type WatchHandle = { readonly watch: unique symbol };

/** What native/cc exports: positional, unchecked, throwing RawError. Only this package calls it. */
export interface Binding {
  openUeventSocket(pidfd: number, groups: number, receiveBufferBytes: number, inheritable: boolean): number;
  receiveBufferBytes(fd: number): number;
  askKeeper(path: string, offered: number): [connection: number, fd: number, fresh: boolean];
  openMonitor(
    fd: number,
    maxQueued: number,
    onEvents: (bytes: Buffer, fields: Float64Array, receivedAtNs: bigint) => void,
    onOverflow: (where: "socket" | "queue", lost: number) => void,
    onError: (error: RawError) => void,
    journal: number,
  ): MonitorHandle;
  monitorStats(monitor: MonitorHandle): {
    received: number;
    batches: number;
    socketOverflows: number;
    queueDropped: number;
    truncated: number;
  };
  monitorEraseJournal(monitor: MonitorHandle, received: number): void;
  closeMonitor(monitor: MonitorHandle): void;
  openSender(pidfd: number): SenderHandle;
  probeSender(sender: SenderHandle): void;
  sendKernel(
    sender: SenderHandle,
    payload: Uint8Array,
    uid: number,
    gid: number,
    receipt: ReceiptHandle | undefined,
    note: string | undefined,
  ): void;
  sendUdev: Binding["sendKernel"];
  senderNetns(sender: SenderHandle): bigint;
  closeSender(sender: SenderHandle): void;
  openWatch(pidfd: number, onExit: () => void): WatchHandle;
  cancelWatch(watch: WatchHandle): void;
  execute(
    target: { pidfd: number; pid: number; rootUid: number; rootGid: number; confine: object | undefined } | undefined,
    rootFd: number,
    operations: readonly object[],
    settle: (refused?: RawError, results?: unknown[]) => void,
  ): () => void;
  pidfdOpen(pid: number, thread: boolean): number;
  pidfdAlive(pidfd: number): boolean;
  netnsOwner(pidfd: number): bigint;
  openat2(dirFd: number, path: string, flags: number, resolve: number, mode: number): number;
  closeFd(fd: number): void;
  readAttributes(directory: string, names: readonly string[], maxBytes: number): (Buffer | undefined)[];
  mountTmpfs(path: string, options: string): void;
  unmount(path: string, detach: boolean): void;
  sdNotify(socket: string, state: string): void;
  bpfAttachedPrograms(cgroupFd: number, withAbove: boolean): number[];
  bpfReadProgram(id: number): { name: string; instructions: Buffer; maps: number[] };
  bpfCreateMap(name: string, keyBytes: number, valueBytes: number, entries: number): number;
  bpfOpenMap(id: number): number;
  bpfUpdateMap(mapFd: number, key: Uint8Array, value: Uint8Array): void;
  bpfDeleteFromMap(mapFd: number, key: Uint8Array): boolean;
  bpfLoadDeviceProgram(name: string, instructions: Uint8Array): number;
  bpfAttachProgram(cgroupFd: number, programFd: number, replacedId: number): void;
  moveLink(index: number, name: string, fromNetns: number, toNetns: number, newIndex: number): void;
  linkName(netns: number, index: number): string | undefined;
  openModule(major: number, minor: number): ModuleHandle;
  moduleHasGate(module: ModuleHandle): boolean;
  moduleGate(module: ModuleHandle, pidfd: number, closed: boolean): void;
  closeModule(module: ModuleHandle): void;
  openModuleSender(module: ModuleHandle, pidfd: number): ModuleSenderHandle;
  moduleSend(
    sender: ModuleSenderHandle,
    group: number,
    payload: Uint8Array,
    receipt: ReceiptHandle | undefined,
    note: string | undefined,
  ): void;
  moduleSenderNetns(sender: ModuleSenderHandle): bigint;
  closeModuleSender(sender: ModuleSenderHandle): void;
  openReceipt(path: string): ReceiptHandle;
  receiptLast(receipt: ReceiptHandle): [note: string, sent: boolean];
  closeReceipt(receipt: ReceiptHandle): void;
}

function load(): Binding {
  const path = "../build/Release/udevns.node";
  try {
    return createRequire(import.meta.url)(path);
  } catch (cause) {
    throw new Error("the native addon cannot be loaded; run `npm run build:native`", { cause });
  }
}

export const binding: Binding = load();
