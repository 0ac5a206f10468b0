import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import Docker from "dockerode";
import { answering, cleanUpBehind, type Dockerd, ended, mountNamespace, PLAIN, withPlainImage } from "./dockerd.ts";
import { endOwnCgroup, inOwnCgroup } from "./own-cgroup.ts";
import { shell } from "./shell.ts";

/**
 * No systemd and no journal to ask, locks of its own, limits that whoever runs the tests may set, and no controller that may be v1's. runc, as crun refuses both
 * a hybrid host and one whose limit of locked memory it may not raise.
 */
const CONFIG = `
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
pids_limit = 0
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
runtime = "runc"
`;

/** Debian's Podman: its system service on a socket of its own. */
export async function startPodman(cgroup: 1 | 2): Promise<Dockerd> {
  const directory = mkdtempSync(join(tmpdir(), "udevns-podman-"));
  const at = (name: string) => join(directory, name);
  writeFileSync(at("containers.conf"), CONFIG);
  const space = cgroup === 2 ? await mountNamespace() : undefined;
  const own = `${basename(directory)}-daemon`;
  const podman = [
    ...inOwnCgroup(own),
    ...(space === undefined ? [] : ["nsenter", "--target", String(space.pid), "--mount"]),
    ...["env", `CONTAINERS_CONF=${at("containers.conf")}`, "podman", "--root", at("store"), "--runroot", at("run")],
    ...["--tmpdir", at("tmp"), "--storage-driver", "vfs"],
  ];
  const socket = at("podman.sock");
  const docker = new Docker({ socketPath: socket });
  const run = (...args: string[]) => shell(`"$@"`, ...podman, ...args);
  await withPlainImage(async (tar) => void (await run("import", tar, PLAIN)));
  let service = await start(podman, socket, docker);
  const end = async () => {
    service.kill("SIGTERM");
    await ended(service);
  };
  return {
    socket,
    docker,
    env: { UDEVNS_RUNTIMES: "podman", UDEVNS_PODMAN_SOCKET: socket },
    image: `localhost/${PLAIN}`,
    cgroup: `/${basename(directory)}`,
    restart: async () => {
      await end();
      service = await start(podman, socket, docker);
    },
    stop: async () => {
      await end();
      await run("rm", "--all", "--force", "--time", "0");
      space?.kill("SIGKILL");
      await endOwnCgroup(own);
      await cleanUpBehind(directory);
    },
  };
}

async function start(podman: readonly string[], socket: string, docker: Docker): Promise<ChildProcess> {
  const [command = "", ...args] = [...podman, "system", "service", "--time=0", `unix://${socket}`];
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  return await answering(child, docker, "podman");
}
