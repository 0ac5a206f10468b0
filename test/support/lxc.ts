import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guestImage } from "./guest-image.ts";
import { shell } from "./shell.ts";
import { ROOT_ID } from "./throwaway.ts";

/** LXC with a directory of containers of its own. */
export interface Lxc {
  /** What `UDEVNS_LXC_PATH` is to say. */
  readonly path: string;
  /** Makes an unprivileged container and starts it. */
  create(name: string, options?: LxcOptions): Promise<LxcGuest>;
  /** Ends all containers and removes them. */
  stop(): Promise<void>;
}

export interface LxcOptions {
  /** Lines of `lxc.environment`, which are its labels. */
  readonly labels?: Record<string, string>;
  /** Its devices are limited to LXC's defaults, as a privileged container's are. */
  readonly limited?: boolean;
  /** Version of the cgroups that limit it; 1 by default. */
  readonly cgroup?: 1 | 2;
  /** Further lines of its `config`. */
  readonly config?: string;
  /** Nothing in it but busybox: for tests that need many. */
  readonly tiny?: boolean;
}

export interface LxcGuest {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  freeze(): Promise<void>;
  unfreeze(): Promise<void>;
  /** Of its first process, as long as it runs. */
  pid(): Promise<number>;
  /** Runs a shell command as the container's root. */
  run(command: string): Promise<{ code: number; output: string }>;
}

/** Where the guest's first process finds out whether to start a udevd: some tests start it later. */
const INIT = `#!/bin/sh
mkdir -p /run/udev
[ -e /no-udevd ] || /lib/systemd/systemd-udevd --daemon
while :; do sleep 1000000; done
`;

/** lxcfs has nothing to show in it. */
const NO_HOOKS = "lxc.hook.mount =\nlxc.hook.post-stop =";

/** A root file system of one static program. */
const TINY = `
set -e
cd "$1" && mkdir -p bin dev etc proc run sys tmp var
cp /bin/busybox bin/ && for tool in sh cat dd echo kill ls mount sleep stat test umount; do ln -s busybox bin/$tool; done
printf '#!/bin/sh\\nexec sleep 1000000\\n' > init && chmod 755 init
`;

/** Shows in its database that its own udevd has run its own rules. */
const RULE = `SUBSYSTEM=="block", ENV{ID_HANDLED_INSIDE}="yes"\n`;

const limits = (key: string): string => `
${key}.deny = a
${["c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm", "c 5:* rwm", "c 136:* rwm"]
  .map((rule) => `${key}.allow = ${rule}`)
  .join("\n")}
`;

export async function startLxc(): Promise<Lxc> {
  const path = mkdtempSync(join(tmpdir(), "udevns-lxc-"));
  const guests: LxcGuest[] = [];
  writeFileSync(join(path, "subid"), `root:${ROOT_ID}:65536\n`);
  await shell(`chmod 755 "$1"`, path);
  return {
    path,
    create: async (name, options = {}) => {
      const directory = join(path, name);
      const root = join(directory, "rootfs");
      mkdirSync(root, { recursive: true });
      if (options.tiny) await shell(TINY, root);
      else {
        await shell(`tar -C "$1" -xf "$2"`, root, await guestImage());
        writeFileSync(join(root, "init"), INIT, { mode: 0o755 });
        writeFileSync(join(root, "etc/udev/rules.d/50-inside.rules"), RULE);
      }
      await shell(`chown -hR ${ROOT_ID}:${ROOT_ID} "$1"`, root);
      writeFileSync(join(directory, "config"), config(name, root, options));
      const guest = guestOf(path, name, options.cgroup ?? 1);
      guests.push(guest);
      await guest.start();
      return guest;
    },
    stop: async () => {
      for (const guest of guests) await guest.stop().catch(() => undefined);
      // The monitors write their logs until they end, a moment after their containers.
      rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}

const config = (
  name: string,
  root: string,
  { labels = {}, limited = false, cgroup = 1, config: more = "", tiny = false }: LxcOptions,
): string => `
lxc.include = /usr/share/lxc/config/common.conf
lxc.include = /usr/share/lxc/config/userns.conf
lxc.uts.name = ${name}
lxc.rootfs.path = dir:${root}
lxc.idmap = u 0 ${ROOT_ID} 65536
lxc.idmap = g 0 ${ROOT_ID} 65536
lxc.net.0.type = empty
lxc.apparmor.profile = unconfined
lxc.init.cmd = /init
${Object.entries(labels)
  .map(([key, value]) => `lxc.environment = ${key}=${value}`)
  .join("\n")}
${tiny ? NO_HOOKS : ""}
${limited ? limits(cgroup === 2 ? "lxc.cgroup2.devices" : "lxc.cgroup.devices") : ""}
${more}`;

/** newuidmap(1) asks /etc/subuid; ours lies over the host's for the monitor alone. */
const START = `
[ "$3" = 1 ] || mount -t cgroup2 none /sys/fs/cgroup
mount --bind "$1/subid" /etc/subuid && mount --bind "$1/subid" /etc/subgid && exec lxc-start -P "$1" -n "$2" -o "$1/$2/log"
`;

function guestOf(path: string, name: string, cgroup: 1 | 2): LxcGuest {
  const target = ["-P", path, "-n", name];
  return {
    name,
    start: async () => {
      await shell(
        `unshare --mount sh -c '${START.replaceAll("'", "'\\''")}' sh "$1" "$2" "$3" || { cat "$1/$2/log" >&2; exit 1; }`,
        path,
        name,
        String(cgroup),
      );
    },
    stop: async () => {
      await shell(`lxc-stop -P "$1" -n "$2" -k`, path, name);
    },
    freeze: async () => void (await shell(`lxc-freeze -P "$1" -n "$2"`, path, name)),
    unfreeze: async () => void (await shell(`lxc-unfreeze -P "$1" -n "$2"`, path, name)),
    pid: async () => Number(await shell(`lxc-info -P "$1" -n "$2" -p -H`, path, name)),
    run: async (command) => {
      const child = spawn("lxc-attach", [...target, "--", "sh", "-c", command], { stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
      const [code] = (await once(child, "close")) as [number | null];
      return { code: code ?? -1, output };
    },
  };
}
