/** Netlink protocol of uevents (linux/netlink.h). */
const NETLINK_KOBJECT_UEVENT = 15;

/** A socket that listens for uevents in a network namespace. */
export interface UeventListener {
  readonly portId: number;
  /** Bit 0: the kernel's group; bit 1: udev's. */
  readonly groups: number;
  /** Bytes that wait in it unread. */
  readonly unreadBytes: number;
  /** Messages that found it full. */
  readonly drops: number;
}

/**
 * Reads the text of /proc/PID/net/netlink, the sockets of that process's network namespace (netlink_seq_show,
 * net/netlink/af_netlink.c). Columns: sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode.
 */
export function parseListeners(table: string): UeventListener[] {
  return table.split("\n").flatMap((line) => {
    const [, protocol, portId, groups, unread, , , , drops] = line.trim().split(/\s+/);
    if (Number(protocol) !== NETLINK_KOBJECT_UEVENT || groups === undefined) return [];
    const mask = Number.parseInt(groups, 16);
    return mask === 0
      ? []
      : [{ portId: Number(portId), groups: mask, unreadBytes: Number(unread), drops: Number(drops) }];
  });
}
