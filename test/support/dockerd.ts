import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import Docker from "dockerode";
import { guestImage } from "./guest-image.ts";
import { shell } from "./shell.ts";
import { until } from "./until.ts";

/** A daemon that speaks Docker's API, with everything it writes in a directory of its own. */
export interface Dockerd {
  readonly socket: string;
  /** The settings under which inventory follows it and nothing else. */
  readonly env: NodeJS.ProcessEnv;
  /** Tag of the image with libudev and udevadm and without udevd. */
  readonly image: string;
  readonly docker: Docker;
  /** The cgroup that its containers' cgroups are in, from the root of each hierarchy. */
  readonly cgroup: string;
  /** Ends it, containers included. */
  stop(): Promise<void>;
  /** Ends the daemon alone and starts it again; its containers live on. */
  restart(): Promise<void>;
}

export interface DockerGuest {
  readonly name: string;
  readonly id: string;
  readonly pid: number;
  readonly container: Docker.Container;
  run(command: string): Promise<{ code: number; output: string }>;
  /** Leaves it running, on a terminal of its own. */
  start(command: string): Promise<void>;
}

const CLEAN = `
awk -v at="$1/" 'index($2, at) == 1 { print $2 }' /proc/self/mounts | sort -r | while read -r path; do umount -l "$path"; done
rm -rf "$1"
for parent in /sys/fs/cgroup/"$2" /sys/fs/cgroup/*/"$2"; do [ ! -d "$parent" ] || find "$parent" -depth -type d -exec rmdir {} +; done
`;

/** Removes what a daemon leaves for the next one in its directory, and its parent cgroup, once the last of its helpers has ended. */
export async function cleanUpBehind(directory: string): Promise<void> {
  let failure: unknown;
  const clean = () =>
    shell(CLEAN, directory, basename(directory)).then(
      () => true,
      (error: unknown) => {
        failure = error;
        return false;
      },
    );
  await until(clean, "what the daemon has left to be free").catch(() => {
    throw failure;
  });
}

export const PLAIN = "udevns-test/plain";

/**
 * @param cgroup version that its containers are limited by: for 2 it gets a mount namespace where /sys/fs/cgroup is v2 alone
 * @param network whether what its containers take for the host's network is a namespace of its own, where every port is free
 */
export async function startDockerd(cgroup: 1 | 2, { network = false } = {}): Promise<Dockerd> {
  const directory = mkdtempSync(join(tmpdir(), "udevns-dockerd-"));
  const socket = join(directory, "docker.sock");
  const docker = new Docker({ socketPath: socket });
  const space = cgroup === 2 || network ? await holdNamespaces(cgroup === 2, network) : undefined;
  let daemon = await start(directory, docker, space);
  await importPlain(docker);
  return {
    socket,
    env: { UDEVNS_RUNTIMES: "docker", UDEVNS_DOCKER_SOCKET: socket },
    image: PLAIN,
    docker,
    cgroup: `/${basename(directory)}`,
    restart: async () => {
      process.kill(pidOf(directory), "SIGTERM");
      await ended(daemon);
      daemon = await start(directory, docker, space);
    },
    stop: async () => {
      const all = await docker.listContainers({ all: true });
      await Promise.all(all.map(({ Id }) => docker.getContainer(Id).remove({ force: true })));
      process.kill(pidOf(directory), "SIGTERM");
      await ended(daemon);
      space?.holder.kill("SIGKILL");
      await cleanUpBehind(directory);
    },
  };
}

/** A default, unprivileged container: no device options at all. */
export async function startGuest(
  { docker, image, cgroup }: Pick<Dockerd, "docker" | "image" | "cgroup">,
  name: string,
  options: { labels?: Record<string, string>; image?: string } = {},
): Promise<DockerGuest> {
  const container = await docker.createContainer({
    name,
    Image: options.image ?? image,
    Cmd: ["sleep", "1000000"],
    Labels: options.labels ?? {},
    // Without it the first process would not end on a signal.
    HostConfig: { NetworkMode: "none", Init: false, CgroupParent: cgroup },
    StopSignal: "SIGKILL",
  });
  await container.start();
  const { Id: id, State } = await container.inspect();
  return {
    name,
    id,
    pid: State.Pid,
    container,
    run: (command) => exec(container, command),
    start: (command) => leave(container, command),
  };
}

async function leave(container: Docker.Container, command: string): Promise<void> {
  const run = await container.exec({ Cmd: ["sh", "-c", command], Tty: true });
  await run.start({ Detach: true, Tty: true });
}

/** Runs a shell command in a container, as `docker exec` does. */
export async function exec(container: Docker.Container, command: string): Promise<{ code: number; output: string }> {
  const run = await container.exec({ Cmd: ["sh", "-c", command], AttachStdout: true, AttachStderr: true, Tty: true });
  const stream = await run.start({ Tty: true });
  let output = "";
  stream.on("data", (data) => (output += data));
  await once(stream, "close");
  // Its output ends before its daemon has noted how it ended.
  let code = -1;
  await until(async () => {
    const { Running, ExitCode } = await run.inspect();
    code = ExitCode ?? -1;
    return !Running && ExitCode !== null;
  }, `the exit code of ${command}`);
  return { code, output: output.replaceAll("\r\n", "\n") };
}

/** A process that holds a mount namespace where /sys/fs/cgroup is v2 alone. */
export const mountNamespace = async (): Promise<ChildProcess> => (await holdNamespaces(true, false)).holder;

interface Space {
  readonly holder: ChildProcess;
  /** Options of nsenter(1). */
  readonly enter: string;
}

/** A process that holds namespaces; it outlives a restart of the daemon, as a host does. */
async function holdNamespaces(cgroup2: boolean, network: boolean): Promise<Space> {
  const parts = [
    { flag: "--mount", script: "mount -t cgroup2 none /sys/fs/cgroup", wanted: cgroup2 },
    { flag: "--net", script: "ip link set lo up", wanted: network },
  ].filter(({ wanted }) => wanted);
  const flags = parts.map(({ flag }) => flag);
  const script = [...parts.map((part) => part.script), "echo", "exec sleep infinity"].join(" && ");
  const holder = spawn("unshare", [...flags, "sh", "-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(holder.stdout as NodeJS.ReadableStream, "data");
  return { holder, enter: `--target ${holder.pid} ${flags.join(" ")}` };
}

async function start(directory: string, docker: Docker, space: Space | undefined): Promise<ChildProcess> {
  const at = (name: string) => join(directory, name);
  const flags = [
    `--cgroup-parent=/${basename(directory)}`,
    "--bridge=none --iptables=false --ip6tables=false --ip-masq=false --live-restore --log-level=warn",
    `--data-root=${at("data")} --exec-root=${at("exec")} --pidfile=${at("pid")} --host=unix://${at("docker.sock")}`,
  ].join(" ");
  const enter = space === undefined ? "" : `nsenter ${space.enter} `;
  const child = spawn("sh", ["-c", `exec ${enter}dockerd ${flags}`], { stdio: ["ignore", "ignore", "pipe"] });
  return await answering(child, docker, "dockerd");
}

/** A daemon that was started, once its API answers. @throws what it has said, when it ends before */
export async function answering(child: ChildProcess, docker: Docker, name: string): Promise<ChildProcess> {
  let log = "";
  child.stderr?.on("data", (data) => (log += data));
  const answers = () =>
    docker.ping().then(
      () => true,
      () => false,
    );
  await until(async () => child.exitCode !== null || (await answers()), `${name} to answer`);
  if (child.exitCode !== null) throw new Error(`${name} ended:\n${log}`);
  return child;
}

const pidOf = (directory: string): number => Number(readFileSync(join(directory, "pid"), "utf8"));

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

async function importPlain(docker: Docker): Promise<void> {
  await withPlainImage(async (tar) => {
    const progress = await docker.importImage(tar, { repo: PLAIN });
    progress.resume();
    await once(progress, "end");
  });
}

/** The tests' image without its udevd, as a tar file for as long as `use` takes. */
export async function withPlainImage(use: (tar: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "udevns-image-"));
  const plain = join(directory, "plain.tar");
  try {
    await shell(`cp "$1" "$2" && tar --delete -f "$2" ./lib/systemd/systemd-udevd`, await guestImage(), plain);
    await use(plain);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
