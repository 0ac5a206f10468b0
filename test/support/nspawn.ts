import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guestImage } from "./guest-image.ts";
import { endOwnCgroup, inOwnCgroup } from "./own-cgroup.ts";
import { shell } from "./shell.ts";
import { childrenOf } from "./stack.ts";
import { until } from "./until.ts";

/** A container of systemd-nspawn(1), id-mapped, with a udevd in it. There is no systemd here, so we are its systemd-machined. */
export interface NspawnGuest {
  readonly name: string;
  /** What `UDEVNS_MACHINES_DIR` is to say. */
  readonly machines: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Runs a shell command as the container's root, in its cgroup. */
  run(command: string): Promise<{ code: number; output: string }>;
  /** Opens a node of the host from within the machine's cgroup: whether that lets the number through. */
  allows(node: string): Promise<boolean>;
  remove(): Promise<void>;
}

const INIT = `#!/bin/sh
mkdir -p /run/udev
/lib/systemd/systemd-udevd --daemon
while :; do sleep 1000000; done
`;

/** The devices that systemd lets a machine's scope use (systemd.resource-control(5), DevicePolicy=closed). */
const CLOSED = [
  "c 1:3 rwm",
  "c 1:5 rwm",
  "c 1:7 rwm",
  "c 1:8 rwm",
  "c 1:9 rwm",
  "c 5:0 rwm",
  "c 5:2 rwm",
  "c 136:* rw",
];

export async function startNspawn(name: string): Promise<NspawnGuest> {
  const directory = mkdtempSync(join(tmpdir(), "udevns-nspawn-"));
  const [root, machines] = [join(directory, "root"), join(directory, "machines")];
  const cgroup = `/sys/fs/cgroup/devices/machine-${name}.scope`;
  const own = `udevns-nspawn-${name}`;
  for (const path of [root, machines, cgroup]) mkdirSync(path);
  await shell(`tar -C "$1" -xf "$2"`, root, await guestImage());
  writeFileSync(join(root, "init"), INIT, { mode: 0o755 });
  // What nspawn needs to make its nodes, and its container to look around.
  writeFileSync(`${cgroup}/devices.deny`, "a");
  for (const rule of ["c *:* m", "b *:* m", ...CLOSED]) writeFileSync(`${cgroup}/devices.allow`, rule);
  const flags = ["--quiet", "--register=no", "--keep-unit", "--private-network", "--private-users=131072:65536"];
  const script = `echo $$ > "$1/cgroup.procs"; shift; exec systemd-nspawn "$@"`;
  let child: ChildProcess | undefined;
  let leader = 0;
  const start = async () => {
    let log = "";
    const args = [...flags, "--private-users-ownership=chown", "--directory", root, "--machine", name, "/init"];
    const [command = "", ...rest] = [...inOwnCgroup(own), "sh", "-c", script, "sh", cgroup, ...args];
    child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (log += data));
    const { pid } = child;
    const find = () => childrenOf(pid as number).find(({ name: command }) => command === "init")?.pid ?? 0;
    await until(() => child?.exitCode !== null || find() > 0, "nspawn to start its init");
    if (child.exitCode !== null) throw new Error(`systemd-nspawn ended: ${log}`);
    leader = find();
    const text = `NAME=${name}\nCLASS=container\nSERVICE=systemd-nspawn\nROOT=${root}\nLEADER=${leader}\n`;
    writeFileSync(join(machines, `.#${name}`), text);
    renameSync(join(machines, `.#${name}`), join(machines, name));
  };
  const stop = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    process.kill(leader, "SIGKILL");
    await gone;
    rmSync(join(machines, name));
  };
  await start();
  return {
    name,
    machines,
    start,
    stop,
    run: async (command) => {
      const enter = `echo $$ > "$1/cgroup.procs"; exec nsenter --target "$2" --user --mount --net --pid --ipc --uts --setuid 0 --setgid 0 sh -c "$3"`;
      const run = spawn("sh", ["-c", enter, "sh", cgroup, String(leader), command], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      for (const stream of [run.stdout, run.stderr]) stream.on("data", (data) => (output += data));
      const [code] = (await once(run, "close")) as [number | null];
      return { code: code ?? -1, output };
    },
    allows: async (node) => {
      const open = `echo $$ > "$1/cgroup.procs"; exec dd if="$2" of=/dev/null count=1`;
      return await shell(open, cgroup, node).then(
        () => true,
        (error: Error) => {
          if (error.message.includes("Operation not permitted")) return false;
          throw error;
        },
      );
    },
    remove: async () => {
      await stop();
      await until(() => tryTo(() => rmdirSync(cgroup)), "the machine's cgroup to be empty");
      await endOwnCgroup(own);
      rmSync(directory, { recursive: true, force: true });
      const propagate = `/run/systemd/nspawn/propagate/${name}`;
      if (existsSync(propagate)) rmdirSync(propagate);
    },
  };
}

function tryTo(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
