import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { until } from "../../support/until.ts";

const DEVICES = "/sys/fs/cgroup/devices";
const UNIFIED = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].find((path) => existsSync(`${path}/cgroup.procs`));

/** Cgroups of one container: what it may use, where this kernel keeps that by lists (v1), and whether it may run. */
export interface GuestCgroups {
  /** Lines of what it may use; undefined where no cgroup restrains it. */
  allowed(): readonly string[] | undefined;
  freeze(frozen: boolean): void;
  /** When nobody lives there any more. */
  remove(): Promise<void>;
}

export function makeCgroups(name: string, pid: number): GuestCgroups {
  const join = (hierarchy: string) => {
    const path = `${hierarchy}/udevns-chaos-${process.pid}-${name}-${pid}`;
    mkdirSync(path);
    writeFileSync(`${path}/cgroup.procs`, String(pid));
    return path;
  };
  const restrains = existsSync(`${DEVICES}/devices.list`);
  const devices = restrains ? join(DEVICES) : undefined;
  const unified = UNIFIED === undefined ? undefined : join(UNIFIED);
  if (devices !== undefined) {
    writeFileSync(`${devices}/devices.deny`, "a");
    writeFileSync(`${devices}/devices.allow`, "c 1:* rwm");
  }
  return {
    allowed: () => (devices === undefined ? undefined : readFileSync(`${devices}/devices.list`, "latin1").split("\n")),
    freeze: (frozen) => {
      if (unified !== undefined) writeFileSync(`${unified}/cgroup.freeze`, frozen ? "1" : "0");
      else process.kill(pid, frozen ? "SIGSTOP" : "SIGCONT");
    },
    remove: async () => {
      for (const path of [devices, unified]) {
        if (path === undefined) continue;
        await until(() => readFileSync(`${path}/cgroup.procs`, "latin1") === "", `${path} to be empty`);
        rmdirSync(path);
      }
    },
  };
}
