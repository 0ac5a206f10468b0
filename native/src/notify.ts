import { binding } from "./binding.ts";
import { nativeError } from "./errno.ts";
import { attempt } from "./error.ts";

/** sd_notify(3): tells the service manager, e.g. `READY=1\nSTATUS=listening`. False when none asked to be told. */
export function sdNotify(state: string): boolean {
  const socket = process.env.NOTIFY_SOCKET;
  if (socket === undefined || socket === "") return false;
  if (!socket.startsWith("/") && !socket.startsWith("@"))
    throw nativeError("EAFNOSUPPORT", "sendto", socket, "only unix sockets are supported");
  attempt(() => binding.sdNotify(socket, state));
  return true;
}
