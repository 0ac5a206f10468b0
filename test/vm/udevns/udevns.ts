import type { CommandResult, Rig } from "../driver/rig.ts";
import { quote } from "../scenario/place.ts";
import { guestPath } from "./bundle.ts";

const LOG = "/tmp/udevns.log";
/** Under emulation, on a busy machine. */
const READY_SECONDS = 120;
const SERVICES = 5;

/** The whole of udevns in the guest, as `udevns up` starts it: the services and a nats-server. */
export class Udevns {
  readonly #rig: Rig;
  readonly #pid: number;

  private constructor(rig: Rig, pid: number) {
    this.#rig = rig;
    this.#pid = pid;
  }

  /** Expects the bundle as the share `udevns`. */
  static async start(rig: Rig, policy: string): Promise<Udevns> {
    // Copied, not run from the share: a machine with a mounted share cannot be saved.
    await rig.mount("udevns", "/mnt");
    await rig.sh(`mkdir -p ${guestPath} && cp -r /mnt/. ${guestPath} && umount /mnt`);
    // nats-server grants streams no more than the disk has; a tmpfs only takes what is written.
    await rig.sh("mkdir -p /var/lib/udevns && mount -t tmpfs -o size=16g,mode=700 tmpfs /var/lib/udevns");
    const pid = await rig.sh(`
      printf %s ${quote(policy)} > /tmp/policy.yaml
      UDEVNS_GATE_PROGRAM=/kernel/gate/udevns-gate ${guestPath}/bin/udevns up --policy /tmp/policy.yaml > ${LOG} 2>&1 & echo $!`);
    const udevns = new Udevns(rig, Number(pid));
    // `up` itself gives up waiting, though not running, sooner than an emulated machine is done.
    const ready = `until [ $(grep -c '"ready":true' ${LOG}) -ge ${SERVICES} ]; do sleep 0.3; done`;
    const { code } = await rig.run(ready, { timeout: READY_SECONDS });
    if (code !== 0) throw new Error(`udevns is not ready after ${READY_SECONDS} s:\n${await udevns.log()}`);
    return udevns;
  }

  command(args: string): Promise<CommandResult> {
    return this.#rig.run(`UDEVNS_GATE_PROGRAM=/kernel/gate/udevns-gate ${guestPath}/bin/udevns ${args}`, {
      timeout: 60,
    });
  }

  /** Like `command`, for what has to succeed: its JSON. */
  async json(args: string): Promise<unknown> {
    const { code, stdout, stderr } = await this.command(`--json ${args}`);
    if (code !== 0) throw new Error(`udevns ${args}: code ${code}: ${stderr}\n${await this.log()}`);
    return JSON.parse(stdout);
  }

  /** Polls until the services' log holds a text. */
  async until(text: string): Promise<void> {
    const { code } = await this.#rig.run(`until grep -qF ${quote(text)} ${LOG}; do sleep 0.2; done`, { timeout: 60 });
    if (code !== 0) throw new Error(`udevns did not log ${text}:\n${await this.log()}`);
  }

  log(): Promise<string> {
    return this.#rig.sh(`cat ${LOG}`);
  }

  async stop(): Promise<void> {
    await this.#rig.sh(`kill ${this.#pid}; while kill -0 ${this.#pid} 2>/dev/null; do sleep 0.1; done`);
  }
}
