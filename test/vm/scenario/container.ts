import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CommandResult, Rig, RunOptions } from "../driver/rig.ts";
import { guestFiles } from "../image/places.ts";
import { type Place, quote } from "./place.ts";

/** What lxc-attach does not carry over from the container's own init. */
const environment = "--clear-env --set-var PATH=/usr/sbin:/usr/bin:/sbin:/bin --set-var LANG=C.UTF-8";

/** An unprivileged LXC container with an id map and a systemd-udevd of its own. */
export class Container implements Place {
  readonly name: string;
  /** Of the container's init, in the guest. */
  readonly pid: number;
  readonly #rig: Rig;

  private constructor(rig: Rig, name: string, pid: number) {
    this.#rig = rig;
    this.name = name;
    this.pid = pid;
  }

  static async start(rig: Rig, name: string): Promise<Container> {
    // An overlay's upper directory cannot lie on an overlay, as all of the guest's root does.
    const files = `/run/containers/${name}`;
    const home = `/var/lib/lxc/${name}`;
    const template = await readFile(join(guestFiles, "container.conf"), "utf8");
    const config = template.replaceAll("@NAME@", name).replaceAll("@ROOT@", `${files}/root`);
    await rig.sh(`
      mkdir -p ${home} ${files}/upper ${files}/work ${files}/root
      chown 100000:100000 ${files}/upper
      mount -t overlay -o lowerdir=/srv/container,upperdir=${files}/upper,workdir=${files}/work container-${name} ${files}/root
      printf %s ${quote(config)} > ${home}/config
      lxc-start -n ${name} -o ${home}/log -l INFO || { cat ${home}/log >&2; exit 1; }`);
    const pid = Number(await rig.sh(`lxc-info -n ${name} -p -H`));
    const container = new Container(rig, name, pid);
    await container.#ready();
    return container;
  }

  run(script: string, options?: RunOptions): Promise<CommandResult> {
    return this.#rig.run(`lxc-attach -n ${this.name} ${environment} -- sh -c ${quote(script)}`, options);
  }

  sh(script: string, options?: RunOptions): Promise<string> {
    return this.#rig.sh(`lxc-attach -n ${this.name} ${environment} -- sh -c ${quote(script)}`, options);
  }

  read(path: string): Promise<string> {
    return this.#rig.sh(`cat /proc/${this.pid}/root${path}`);
  }

  /** Inode of a namespace of the container, as the kernel and the gate name it. */
  async namespace(kind: "net" | "user" | "mnt"): Promise<number> {
    return Number(await this.#rig.sh(`stat -L -c %i /proc/${this.pid}/ns/${kind}`));
  }

  async stop(): Promise<void> {
    await this.#rig.sh(`lxc-stop -k -n ${this.name}; umount /run/containers/${this.name}/root`);
  }

  /** The udevd makes its control socket after it has its kernel socket, so nothing sent from now on is missed. */
  async #ready(): Promise<void> {
    const wait = "for i in $(seq 300); do [ -S /run/udev/control ] && exit 0; sleep 0.1; done; exit 1";
    const { code } = await this.run(wait);
    if (code === 0) return;
    const log = await this.#rig.run(`cat /var/lib/lxc/${this.name}/log`);
    throw new Error(`no udevd in container ${this.name}; log of lxc-start:\n${log.stdout}`);
  }
}
