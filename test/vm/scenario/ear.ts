import type { Rig } from "../driver/rig.ts";
import { untilIdle } from "./idle.ts";
import type { NetNamespace } from "./netns.ts";

export interface Ear {
  /** Lines heard while the script ran, with who seemed to send them. */
  during(script: string): Promise<Heard>;
  /** All lines heard so far. */
  heard(): Promise<string[]>;
  stop(): Promise<void>;
}

export interface Heard {
  /** Exit code of the script. */
  readonly code: number;
  readonly lines: readonly string[];
}

let count = 0;

/** Listens in a namespace, to the kernel's group unless told otherwise, with the eyes of a process of its user namespace. */
export async function earIn(
  rig: Rig,
  { net, user = "" }: Pick<NetNamespace, "net" | "user">,
  groups = 1,
): Promise<Ear> {
  const file = `/tmp/ear-${++count}`;
  const pid = await rig.sh(`
    GROUPS_HEARD=${groups} /kernel/module/test/ear ${net} ${user} > ${file} 2>&1 & echo $!
    for i in $(seq 600); do grep -q listening ${file} && exit 0; sleep 0.05; done; cat ${file} >&2; exit 1`);
  return {
    async during(script) {
      // What the kernel delivers, it has delivered before the sender goes on; the ear only has to write it down.
      const { code, stdout } = await rig.run(`
        before=$(wc -l < ${file})
        (${script}) > /dev/null 2>&1; code=$?
        ${untilIdle(pid.trim())}
        tail -n +$((before + 1)) ${file}
        exit $code`);
      return { code, lines: stdout.split("\n").filter(Boolean) };
    },
    heard: async () => (await rig.sh(`${untilIdle(pid.trim())}; cat ${file}`)).split("\n").slice(1, -1),
    stop: async () => void (await rig.run(`kill ${pid.trim()}`)),
  };
}
