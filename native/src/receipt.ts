import { binding, type ReceiptHandle } from "./binding.ts";
import { attempt } from "./error.ts";

/**
 * A file in which the kernel itself notes that an event is sent, in the system call that sends it. So a later life knows for
 * certain of the last event whether it went out, whenever the kill came.
 */
export interface Receipt {
  readonly native: ReceiptHandle;
  /** Of the event that an earlier life sent last, or was about to send; undefined when there was none. */
  readonly last: { readonly note: string; readonly sent: boolean } | undefined;
  close(): void;
}

/** Where it is noted that an event is sent, and what says which one. */
export interface ReceiptLine {
  readonly receipt: Receipt;
  /** 1 to 127 bytes. */
  readonly note: string;
}

/** On a file system in memory: nothing may write its pages out. One process at a time. @throws NativeError */
export function openReceipt(path: string): Receipt {
  const native = attempt(() => binding.openReceipt(path));
  const [note, sent] = binding.receiptLast(native);
  return { native, last: note === "" ? undefined : { note, sent }, close: () => binding.closeReceipt(native) };
}
