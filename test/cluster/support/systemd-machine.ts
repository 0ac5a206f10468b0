import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { childrenOf } from "../../support/stack.ts";
import { until } from "../../support/until.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
export const UNITS = join(ROOT, "infra/systemd");

/** systemd as the first process of namespaces of its own, on this machine's files, kernel and network, with our units alone. */
export interface SystemdMachine {
  readonly host: string;
  /** What stands above the machine's /etc. */
  readonly etc: string;
  /** Of its units, which are copies. */
  readonly units: string;
  boot(): Promise<void>;
  /** Of systemd, in the numbering of this side. */
  pid(): number;
  /** Runs a command in it. */
  run(...command: string[]): { code: number | null; output: string };
  /** One property of a unit, as `systemctl show` prints it. */
  show(unit: string, property: string): string;
  /** What the services have said. */
  log(): string;
  stop(): Promise<void>;
}

/** Reached by ours and given by systemd's own units, of which the machine has none. */
const TARGETS = ["sysinit", "basic", "shutdown", "sockets", "network-online"];

const SCRIPT = `set -e
dir=$1 host=$2 checkout=$3
mount --make-rprivate /
mkdir -p "$dir/etc.work" "$dir/cgroup"
mount -t cgroup2 none "$dir/cgroup"
mkdir "$dir/cgroup/$host"
echo $$ > "$dir/cgroup/$host/cgroup.procs"
exec unshare --cgroup --pid --uts --mount --fork --kill-child sh -ec '
dir=$1 host=$2 checkout=$3
mount --make-rprivate /
mount -t proc proc /proc
mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs tmpfs /run
mount -t overlay -o "lowerdir=/etc,upperdir=$dir/etc,workdir=$dir/etc.work" overlay /etc
mount -t tmpfs tmpfs /opt
mkdir /opt/udevns
mount --bind "$checkout" /opt/udevns
# As systemd has it where it is in no container: credentials are mounted in a namespace and must come out of it.
mount --make-rshared /
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_UNIT_PATH="$dir/units" SYSTEMD_LOG_TARGET=console \\
  /lib/systemd/systemd --system --unit=udevns.target --show-status=no
' sh "$dir" "$host" "$checkout"
`;

let machines = 0;

export function makeSystemdMachine(): SystemdMachine {
  const host = `sd-${process.pid}-${machines++}`;
  const directory = mkdtempSync(join(tmpdir(), "udevns-systemd-"));
  const at = (name: string) => join(directory, name);
  for (const name of ["etc", "units/udevns@.service.d", "log"]) mkdirSync(at(name), { recursive: true });
  cpSync(UNITS, at("units"), { recursive: true });
  // Units name the node of Debian's package.
  const service = at("units/udevns@.service");
  writeFileSync(service, readFileSync(service, "utf8").replace("/usr/bin/node", process.execPath));
  for (const name of TARGETS) writeFileSync(at(`units/${name}.target`), "[Unit]\nDefaultDependencies=no\n");
  writeFileSync(
    at("units/udevns@.service.d/log.conf"),
    `[Service]\nStandardOutput=append:${at("log")}/%i\nStandardError=inherit\n`,
  );
  writeFileSync(at("etc/hostname"), `${host}\n`);
  let output = "";
  let first: number | undefined;
  let child: ReturnType<typeof spawn> | undefined;
  const run = (...command: string[]) => {
    const enter = ["--target", String(first), "--mount", "--pid", "--uts", "--cgroup"];
    const { status, stdout, stderr } = spawnSync("nsenter", [...enter, ...command], { encoding: "utf8" });
    return { code: status, output: `${stdout}${stderr}` };
  };
  return {
    host,
    etc: at("etc"),
    units: at("units"),
    boot: async () => {
      const started = spawn("unshare", ["--mount", "sh", "-c", SCRIPT, "sh", directory, host, ROOT], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      for (const stream of [started.stdout, started.stderr]) stream.on("data", (data) => (output += data));
      child = started;
      await until(
        () => {
          if (started.exitCode !== null) throw new Error(`systemd did not start: ${output}`);
          first = childrenOf(started.pid as number).find(({ name }) => name === "systemd")?.pid;
          return first !== undefined && run("systemctl", "is-active", "udevns.target").code === 0;
        },
        "systemd to have started udevns.target",
        120_000,
      );
    },
    pid: () => first as number,
    run,
    show: (unit, property) => run("systemctl", "show", "--value", "--property", property, unit).output.trim(),
    log: () =>
      [output, ...readdirSync(at("log")).map((name) => `${name}: ${readFileSync(join(at("log"), name), "utf8")}`)].join(
        "\n",
      ),
    stop: async () => {
      if (child !== undefined && child.exitCode === null && child.signalCode === null) {
        const gone = once(child, "exit");
        child.kill("SIGKILL");
        await gone;
      }
      const clean = 'mount -t cgroup2 none "$1/cgroup" && find "$1/cgroup/$2" -depth -type d -exec rmdir {} +';
      await until(
        () => spawnSync("unshare", ["--mount", "sh", "-c", clean, "sh", directory, host]).status === 0,
        "the machine's processes to be gone",
      );
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
