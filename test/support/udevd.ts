import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openPidfd, openUeventMonitor } from "@udevns/native";
import { parseLibudevMessage } from "@udevns/uevent";
import type { Throwaway } from "./throwaway.ts";
import { until } from "./until.ts";

const UDEVD = "/lib/systemd/systemd-udevd";

/** A real systemd-udevd, with a /run and a rules directory of its own. */
export interface Udevd {
  /** Its process, in the host's numbering. */
  readonly pid: number;
  log(): string;
  stop(): Promise<void>;
}

/** Debian's rules would call programs that a test has no use for; this one makes a property and a tag to look for. */
const RULES = `SUBSYSTEM=="block", ENV{TEST_RULE}="ran", TAG+="udevns-test"`;
const prepare = (rules: string) => `
mount -t tmpfs -o mode=755 none /run
mkdir -p /run/udev/rules.d /run/empty
for directory in /lib/udev/rules.d /etc/udev/rules.d; do [ ! -d $directory ] || mount --bind /run/empty $directory; done
echo '${rules}' > /run/udev/rules.d/50-test.rules
`;

/** Starts it inside a container, as the container's root. */
export async function startUdevdIn(container: Throwaway): Promise<Udevd> {
  const prepared = await container.run(`set -e\n${prepare(RULES)}`);
  if (prepared.code !== 0) throw new Error(`no udevd in ${container.name}: ${prepared.stderr}`);
  const user = container.userns ? ["--user", "--setuid", "0", "--setgid", "0"] : [];
  const enter = ["--target", String(container.pid), ...user, "--mount", "--net", "--pid"];
  const udevd = watch(spawn("nsenter", [...enter, UDEVD, "--debug"], { stdio: ["ignore", "pipe", "pipe"] }));
  await until(async () => (await container.run("test -e /run/udev/control")).code === 0, "udevd's control socket");
  return udevd;
}

/** Starts it on the host, in a mount namespace of its own so that the host's /run stays as it is. */
export async function startHostUdevd(rules = RULES): Promise<Udevd> {
  const script = `set -e\n${prepare(rules)}\nexec ${UDEVD} --debug`;
  const child = spawn("unshare", ["--mount", "sh", "-c", script], { stdio: ["ignore", "pipe", "pipe"] });
  const udevd = watch(child);
  await until(async () => {
    const probe = spawn("nsenter", ["--target", String(child.pid), "--mount", "test", "-e", "/run/udev/control"]);
    return ((await once(probe, "exit")) as [number])[0] === 0;
  }, "udevd's control socket");
  return udevd;
}

function watch(child: ChildProcess): Udevd {
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (log += data));
  return {
    pid: child.pid as number,
    log: () => log,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    },
  };
}

/** What a program that uses libudev would hear in the container. */
export function listenToUdevIn(container: Throwaway): { heard: Record<string, string>[]; close(): void } {
  const pidfd = openPidfd(container.pid);
  const heard: Record<string, string>[] = [];
  const monitor = openUeventMonitor(
    { groups: ["udev"], pidfd },
    {
      onEvents: (batch) => {
        for (const { payload } of batch) heard.push(parseLibudevMessage(payload).properties);
      },
      onOverflow: (where) => {
        throw new Error(`the test's own listener lost events (${where})`);
      },
      onError: (error) => {
        throw error;
      },
    },
  );
  return {
    heard,
    close: () => {
      monitor.close();
      pidfd.close();
    },
  };
}
