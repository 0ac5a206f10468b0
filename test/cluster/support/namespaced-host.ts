import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { shell } from "../../support/shell.ts";
import { COMMAND } from "../../support/udevns-command.ts";

/** A machine as far as namespaces go: a network, mounts (/run, /sys) and a host name of its own, on this kernel. */
export interface NamespacedHost {
  readonly name: string;
  /** By which the others reach it. */
  readonly address: string;
  /** Of the process that holds the namespaces. */
  readonly pid: number;
  /** A command's beginning that runs it there. */
  readonly enter: readonly string[];
  /** Runs a program there. @returns its output. @throws with what it said when it fails */
  run(env: NodeJS.ProcessEnv, command: readonly string[], input?: string): Promise<string>;
  /** The same for the udevns command. */
  udevns(env: NodeJS.ProcessEnv, ...args: string[]): Promise<string>;
  /** Brings another's keys into its own /run, these files and no others. */
  takeKeys(from: NamespacedHost, files: readonly string[]): void;
  /** Of what it sees, on this side. */
  path(inside: string): string;
  stop(): Promise<void>;
}

/** Where each has its keys. */
export const KEYS = "/run/keys";

const NETWORK = "10.77.0";

// It lives as long as its stdin, so that a test run that dies leaves no machine behind.
const INIT = `
set -e
hostname "$1"
mount --rbind /sys/fs/cgroup /mnt
mount -t sysfs none /sys
mount --move /mnt /sys/fs/cgroup
mount -t tmpfs -o mode=755 none /run
ip link set lo up
echo
exec cat > /dev/null`;

/** A machine with a bridge, to which the others are connected. */
export async function startBridge(name: string): Promise<NamespacedHost> {
  const bridge = await startHost(name, 1);
  await shell(
    'ip=$1 && shift && "$@" ip link add bridge type bridge && "$@" ip address add "$ip/24" dev bridge && "$@" ip link set bridge up',
    bridge.address,
    ...bridge.enter,
  );
  return bridge;
}

/** @param number of its address in the network */
export async function startConnected(bridge: NamespacedHost, name: string, number: number): Promise<NamespacedHost> {
  const host = await startHost(name, number);
  await bridge.run({}, [
    "ip",
    "link",
    "add",
    `to-${name}`,
    "type",
    "veth",
    "peer",
    "name",
    "eth0",
    "netns",
    String(host.pid),
  ]);
  await bridge.run({}, ["ip", "link", "set", `to-${name}`, "master", "bridge", "up"]);
  await host.run({}, ["ip", "address", "add", `${host.address}/24`, "dev", "eth0"]);
  await host.run({}, ["ip", "link", "set", "eth0", "up"]);
  return host;
}

async function startHost(name: string, number: number): Promise<NamespacedHost> {
  const child = spawn("unshare", ["--net", "--mount", "--uts", "sh", "-c", INIT, "sh", name], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  await started(child);
  const pid = child.pid as number;
  const enter = ["nsenter", "--target", String(pid), "--net", "--mount", "--uts", "env", `--chdir=${process.cwd()}`];
  const path = (inside: string) => join(`/proc/${pid}/root`, inside);
  const run: NamespacedHost["run"] = (env, command, input) => output(env, [...enter, ...command], input);
  return {
    name,
    address: `${NETWORK}.${number}`,
    pid,
    enter,
    run,
    udevns: (env, ...args) => run(env, [process.execPath, COMMAND, ...args]),
    takeKeys: (from, files) => {
      mkdirSync(path(KEYS), { mode: 0o711 });
      for (const file of files) cpSync(from.path(join(KEYS, file)), path(join(KEYS, file)));
    },
    path,
    stop: async () => {
      const gone = once(child, "exit");
      child.stdin?.end();
      await gone;
    },
  };
}

async function started(child: ChildProcess): Promise<void> {
  let errors = "";
  child.stderr?.on("data", (data) => (errors += data));
  for await (const _ of createInterface({ input: child.stdout as NodeJS.ReadableStream })) return;
  throw new Error(`no host in namespaces of its own: ${errors.trim()}`);
}

async function output(env: NodeJS.ProcessEnv, [command = "", ...args]: readonly string[], input = ""): Promise<string> {
  const child = spawn(command, args, {
    env: { ...process.env, NODE_OPTIONS: "", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  // A program that ends without having read it says why by itself.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${args.join(" ")}: exit ${code}\n${stderr}${stdout}`);
  return stdout;
}
