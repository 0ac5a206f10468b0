import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shell } from "../../support/shell.ts";

/** An LXD of its own, in a network namespace with a udevd, and in it one unprivileged container of busybox. */
export interface LxdHost {
  /** Of the container's init. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** What the container's unix-hotplug device asks for; the rule gives it to every disk of zram's. */
const VENDOR = "1d6b";
const PRODUCT = "0104";

const IMAGE = `
set -e
mkdir -p rootfs/bin rootfs/sbin rootfs/dev rootfs/proc rootfs/sys rootfs/run rootfs/tmp rootfs/etc
cp "$(command -v busybox)" rootfs/bin/busybox
printf '#!/bin/busybox sh\\nwhile :; do /bin/busybox sleep 1000000; done\\n' > rootfs/sbin/init
chmod 755 rootfs/sbin/init
echo 'container:x:0:0::/:/bin/sh' > rootfs/etc/passwd
printf 'architecture: %s\\ncreation_date: 1\\nproperties: {}\\n' "$(uname -m)" > metadata.yaml
tar -cf image.tar metadata.yaml rootfs
`;

// LXD lives as long as the stdin of this script, and so does its container: a run that dies leaves nothing behind.
const HOST = `
set -e
ip link set lo up
mount -t tmpfs -o mode=755 none /run
mkdir -p /run/udev/rules.d /run/empty
for directory in /lib/udev/rules.d /etc/udev/rules.d; do [ ! -d $directory ] || mount --bind /run/empty $directory; done
echo 'SUBSYSTEM=="block", KERNEL=="zram*", ENV{ID_VENDOR_ID}="${VENDOR}", ENV{ID_MODEL_ID}="${PRODUCT}"' > /run/udev/rules.d/50-bench.rules
/lib/systemd/systemd-udevd > /dev/null 2>&1 &
udevd=$!
lxd --group root --logfile "$1/log" > /dev/null 2>&1 &
lxd=$!
trap 'set +e; lxc stop --force bench; lxd shutdown --timeout=20; kill $udevd $lxd; wait' EXIT
{
  lxd waitready --timeout=60
  lxc storage create default dir
  lxc profile device add default root disk path=/ pool=default
  lxc image import "$1/image.tar" --alias bench
  lxc init bench bench
  lxc config device add bench disk unix-hotplug vendorid=${VENDOR} productid=${PRODUCT}
  lxc start bench
} < /dev/null >&2
lxc query /1.0/instances/bench/state | tr -d ' \\n' | sed 's/.*"pid":\\([0-9]*\\).*/\\1\\n/'
cat > /dev/null
`;

/** @throws when LXD is not installed (infra/setup bench) or does not start, with what it said */
export async function startLxdHost(): Promise<LxdHost> {
  const directory = mkdtempSync(join(tmpdir(), "udevns-lxd-"));
  await shell(`chmod 711 "$1" && cd "$1" && ${IMAGE.trim()}`, directory);
  const child = spawn("unshare", ["--mount", "--net", "--propagation", "private", "sh", "-c", HOST, "sh", directory], {
    env: { ...process.env, LXD_DIR: join(directory, "lxd"), LXD_CONF: join(directory, "client"), HOME: directory },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const pid = await firstNumber(child);
  return {
    pid,
    stop: async () => {
      const gone = once(child, "exit");
      child.stdin?.end();
      await gone;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function firstNumber(child: ChildProcess): Promise<number> {
  let said = "";
  child.stderr?.on("data", (data) => (said += data));
  for await (const data of child.stdout as NodeJS.ReadableStream) {
    const pid = Number(String(data));
    if (pid > 0) return pid;
  }
  throw new Error(`LXD did not start; is it installed (infra/setup bench)?\n${said}`);
}
