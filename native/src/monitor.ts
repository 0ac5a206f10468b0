import { binding, type MonitorHandle } from "./binding.ts";
import { nativeError } from "./errno.ts";
import { attempt, fromRaw, type NativeError } from "./error.ts";
import { openUeventSocket, type UeventSocketOptions } from "./socket.ts";

export interface UeventDatagram {
  /** A view into its batch's memory: copy it to keep it for long. */
  payload: Buffer;
  /** 1 kernel, 2 udev, 0 sent to this socket alone. */
  group: number;
  /** 0: broadcast by the kernel (which also relays injected events). */
  portId: number;
  /** As seen from our user namespace. */
  sender: { pid: number; uid: number; gid: number } | undefined;
  /** CLOCK_MONOTONIC when the batch was read; process.hrtime.bigint() is the same clock. */
  receivedAtNs: bigint;
}

export interface UeventHandler {
  onEvents(batch: UeventDatagram[]): void;
  /** `lost` datagrams were not delivered: "socket" dropped by the kernel (or cut short), "queue" by us because
   * JavaScript was too slow. The losses of an adopted socket's whole life come first. */
  onOverflow(where: "socket" | "queue", lost: number): void;
  /** The monitor hears nothing more; close it. */
  onError(error: NativeError): void;
}

export interface UeventMonitorOptions extends Omit<UeventSocketOptions, "inheritable"> {
  /** Adopt this bound uevent socket instead of opening one; it belongs to the monitor then. */
  fd?: number;
  /** How many datagrams may wait for JavaScript; default 32768. */
  maxQueued?: number;
  /** A file, open for appending, that gets each datagram before it leaves the socket (see `readUeventJournal`). */
  journal?: number;
}

export interface UeventMonitorStats {
  received: number;
  batches: number;
  /** Datagrams the kernel dropped. */
  socketOverflows: number;
  queueDropped: number;
  truncated: number;
  receiveBufferBytes: number;
}

/** Keeps the event loop alive until closed. */
export interface UeventMonitor {
  readonly fd: number;
  stats(): UeventMonitorStats;
  /** Empties the journal, unless more than that many datagrams have been received by now. */
  eraseJournal(received: number): void;
  /** No callback comes after it. */
  close(): void;
}

export function openUeventMonitor(options: UeventMonitorOptions, handler: UeventHandler): UeventMonitor {
  const maxQueued = options.maxQueued ?? 32_768;
  if (!Number.isInteger(maxQueued) || maxQueued < 1)
    throw nativeError("EINVAL", "openUeventMonitor", `maxQueued ${maxQueued}`, "expected a positive integer");
  const fd = options.fd ?? openUeventSocket(options);
  try {
    return new OpenMonitor(fd, maxQueued, options.journal ?? -1, handler);
  } catch (error) {
    if (options.fd === undefined) binding.closeFd(fd);
    throw error;
  }
}

/** An open monitor is not garbage, even when nobody holds it. */
const opened = new Set<UeventMonitor>();

class OpenMonitor implements UeventMonitor {
  readonly fd: number;
  readonly #receiveBufferBytes: number;
  readonly #native: MonitorHandle;
  #open = true;

  constructor(fd: number, maxQueued: number, journal: number, handler: UeventHandler) {
    this.fd = fd;
    this.#receiveBufferBytes = attempt(() => binding.receiveBufferBytes(fd));
    this.#native = attempt(() =>
      binding.openMonitor(
        fd,
        maxQueued,
        (bytes, fields, receivedAtNs) => handler.onEvents(unpack(bytes, fields, receivedAtNs)),
        (where, lost) => handler.onOverflow(where, lost),
        (error) => handler.onError(fromRaw(error)),
        journal,
      ),
    );
    opened.add(this);
  }

  stats(): UeventMonitorStats {
    return { ...binding.monitorStats(this.#native), receiveBufferBytes: this.#receiveBufferBytes };
  }

  eraseJournal(received: number): void {
    attempt(() => binding.monitorEraseJournal(this.#native, received));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    opened.delete(this);
    binding.closeMonitor(this.#native);
  }
}

const fieldCount = 6; // Batch::Field in cc/reader.h

function unpack(bytes: Buffer, fields: Float64Array, receivedAtNs: bigint): UeventDatagram[] {
  const batch: UeventDatagram[] = [];
  let start = 0;
  for (let i = 0; i < fields.length; i += fieldCount) {
    const end = start + fields[i]!;
    const pid = fields[i + 3]!;
    batch.push({
      payload: bytes.subarray(start, end),
      group: fields[i + 1]!,
      portId: fields[i + 2]!,
      sender: pid < 0 ? undefined : { pid, uid: fields[i + 4]!, gid: fields[i + 5]! },
      receivedAtNs,
    });
    start = end;
  }
  return batch;
}
