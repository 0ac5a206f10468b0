import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { openPidfd, type Pidfd } from "@udevns/native";
import { until } from "./until.ts";

/** A container made by unshare(1) alone: own mount, network and pid namespace, own /dev; with or without a user namespace. */
export interface Throwaway {
  readonly name: string;
  readonly userns: boolean;
  /** Of its init, in the host's numbering. */
  readonly pid: number;
  /** Runs a shell command as the container's root. */
  run(command: string): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Ends it and all that runs in it; resolves when they have ended and their mounts and namespaces are let go. */
  stop(): Promise<void>;
}

/** Host id of a user-namespaced container's root. */
export const ROOT_ID = 100_000;

// A tmpfs of its own over /dev, with the few nodes that every program expects; staged on /mnt, as the nodes are /dev's.
// It lives as long as its stdin, so that a test run that dies leaves no container behind.
// `read` is a builtin, so /proc/self is the shell, and the shown pid is the host's, as /proc is still the host's.
export const THROWAWAY_INIT = `
set -e
mount -t tmpfs -o mode=755,size=1m none /mnt
for node in null zero full random urandom; do : > /mnt/$node; mount --bind /dev/$node /mnt/$node; done
mount --rbind /mnt /dev
read -r pid rest < /proc/self/stat
echo $pid
exec cat > /dev/null
`;

const NAMESPACES = ["--mount", "--net", "--pid", "--fork", "--kill-child"];

interface Options {
  readonly userns: boolean;
  readonly init?: string;
  /** A command that runs its first process without a child of its own, like nsenter(1). */
  readonly wrap?: readonly string[];
}

export async function startThrowaway(name: string, options: Options): Promise<Throwaway> {
  const shell = [...NAMESPACES, "sh", "-c", options.init ?? THROWAWAY_INIT];
  const holder = options.userns ? await mappedUserNamespace() : undefined;
  const enter =
    holder === undefined
      ? []
      : ["--target", String(holder.pid), "--user", "--setuid", "0", "--setgid", "0", "--", "unshare"];
  const first = holder === undefined ? "unshare" : "nsenter";
  const [command = "", ...args] = [...(options.wrap ?? []), first, ...enter, ...shell];
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
  const pid = Number(await firstLine(child));
  // unshare(1) was killed first, and its end kills the container a moment later.
  let init: Pidfd | undefined = openPidfd(pid);
  return {
    name,
    userns: options.userns,
    pid,
    run: (command) => runIn(pid, options.userns, command),
    stop: async () => {
      await end(child);
      if (holder !== undefined) await end(holder);
      const ending = init;
      init = undefined;
      if (ending === undefined) return;
      await until(() => !ending.alive(), `the container ${name} to end`);
      ending.close();
    },
  };
}

/** A process that holds a user namespace in which 0 is ROOT_ID. */
async function mappedUserNamespace(): Promise<ChildProcess> {
  const holder = spawn("unshare", ["--user", "sh", "-c", "echo; exec cat > /dev/null"], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  await firstLine(holder);
  for (const map of ["uid_map", "gid_map"]) writeFileSync(`/proc/${holder.pid}/${map}`, `0 ${ROOT_ID} 65536`);
  return holder;
}

async function runIn(
  pid: number,
  userns: boolean,
  command: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const user = userns ? ["--user", "--setuid", "0", "--setgid", "0"] : [];
  const child = spawn("nsenter", ["--target", String(pid), ...user, "--mount", "--net", "--pid", "sh", "-c", command], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (data) => (stdout += data));
  child.stderr?.on("data", (data) => (stderr += data));
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? -1, stdout, stderr };
}

async function firstLine(child: ChildProcess): Promise<string> {
  let errors = "";
  child.stderr?.on("data", (data) => (errors += data));
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) return line;
  throw new Error(`throwaway container did not start: ${errors.trim()}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
