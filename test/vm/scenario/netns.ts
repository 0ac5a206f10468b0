import type { Rig } from "../driver/rig.ts";

/** Who owns a network namespace, which decides who hears what in it. */
export type Owner =
  /** The host's user namespace: Docker's default, privileged containers. */
  | { readonly kind: "init" }
  /** A user namespace of its own, with this map, made by this user. */
  | { readonly kind: "child"; readonly map: string; readonly creator: number };

export interface NetNamespace {
  /** Paths in the guest, good for setns. */
  readonly net: string;
  /** Left out for the host's own user namespace, which setns refuses to enter once more. */
  readonly user?: string;
  readonly inode: number;
  /** Of a process that is in it. */
  readonly pid: number;
}

export const hostNetns = async (rig: Rig): Promise<NetNamespace> => ({
  net: "/proc/1/ns/net",
  pid: 1,
  inode: Number(await rig.sh("stat -L -c %i /proc/1/ns/net")),
});

/** A network namespace held by a sleeping process. */
export async function makeNetns(rig: Rig, owner: Owner): Promise<NetNamespace> {
  const unshare = owner.kind === "init" ? "unshare -n" : `setpriv --euid ${owner.creator} unshare -U -n`;
  const map =
    owner.kind === "init" ? "" : `echo '${owner.map}' > /proc/$pid/uid_map; echo '${owner.map}' > /proc/$pid/gid_map`;
  const output = await rig.sh(`
    ${unshare} sleep infinity > /dev/null 2>&1 & pid=$!
    # unshare has done its part when it has become sleep
    for i in $(seq 600); do [ "$(cat /proc/$pid/comm)" = sleep ] && break; sleep 0.05; done
    ${map}
    echo $pid $(stat -L -c %i /proc/$pid/ns/net)`);
  const [pid, inode] = output.trim().split(" ");
  const net = { net: `/proc/${pid}/ns/net`, inode: Number(inode), pid: Number(pid) };
  return owner.kind === "init" ? net : { ...net, user: `/proc/${pid}/ns/user` };
}
