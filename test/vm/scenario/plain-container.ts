import type { Rig } from "../driver/rig.ts";
import { type Ear, earIn } from "./ear.ts";
import { quote } from "./place.ts";

/** A container as Docker makes them by default: no user namespace, so that it hears every event of the host. */
export interface PlainContainer {
  readonly pid: number;
  readonly net: string;
  readonly inode: number;
  readonly ear: Ear;
  run(script: string): ReturnType<Rig["run"]>;
}

/** A /dev of its own, as engines make it; staged on /mnt. */
const init = (name: string) => `
  mount -t tmpfs -o mode=755,size=1m none /mnt
  for node in null zero full random urandom; do : > /mnt/$node; mount --bind /dev/$node /mnt/$node; done
  mount --rbind /mnt /dev
  read -r pid rest < /proc/self/stat
  echo $pid > /tmp/pid-${name}
  exec sleep infinity`;

export async function startPlain(rig: Rig, name: string): Promise<PlainContainer> {
  const pid = Number(
    await rig.sh(`
    setsid unshare --mount --net --pid --fork --kill-child sh -c ${quote(init(name))} > /dev/null 2>&1 < /dev/null &
    for i in $(seq 600); do [ -s /tmp/pid-${name} ] && break; sleep 0.05; done
    cat /tmp/pid-${name}`),
  );
  const net = `/proc/${pid}/ns/net`;
  return {
    pid,
    net,
    inode: Number(await rig.sh(`stat -L -c %i ${net}`)),
    ear: await earIn(rig, { net }),
    run: (script) => rig.run(`nsenter --target ${pid} --mount --net --pid sh -c ${quote(script)}`),
  };
}
