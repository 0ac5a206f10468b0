import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type Docker from "dockerode";
import { CleanUps } from "../../cluster/support/clean-ups.ts";
import { BASE, importBase } from "../../support/base-image.ts";
import { type Dockerd, exec, startDockerd } from "../../support/dockerd.ts";
import { until } from "../../support/until.ts";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
export const IMAGE = "udevns:local";

/** compose.yaml's services that are ours and stay. */
export const ours = ["keeper", "capture", "inventory", "policy", "devnode", "injector"] as const;

/** A Docker of its own with the images that compose.yaml wants, made here. */
export interface Images {
  readonly dockerd: Dockerd;
  readonly env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/** What `docker-compose up` made of compose.yaml. */
export interface Composed {
  readonly project: string;
  readonly cleanUps: CleanUps;
  /** @throws with what it said when it fails */
  compose(...args: string[]): string;
  /** `compose up -d`. @throws also with what the containers said */
  up(...args: string[]): void;
  /** The same while the caller does other things. */
  composeMeanwhile(...args: string[]): Promise<void>;
  container(service: string): Docker.Container;
  /** Runs a shell command in a service's container. */
  run(service: string, command: string): Promise<string>;
  /** The `udevns` command, as people run it. @returns what it prints */
  udevns(...args: string[]): string;
  healthy(service: string): Promise<void>;
  /** Waits, and says what the services have said when it was in vain. */
  eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void>;
  writePolicy(text: string): void;
  stop(): Promise<void>;
}

let projects = 0;

export async function buildImages(): Promise<Images> {
  const dockerd = await startDockerd(1, { network: true });
  const env = {
    ...process.env,
    DOCKER_HOST: `unix://${dockerd.socket}`,
    COMPOSE_DOCKER_CLI_BUILD: "0",
    UDEVNS_BASE: BASE,
    UDEVNS_SLIM_BASE: BASE,
    UDEVNS_IMAGE: IMAGE,
    UDEVNS_NATS_IMAGE: BASE,
  };
  await importBase(dockerd.docker);
  runCompose(env, ["build", "--quiet", "credentials"]);
  return { dockerd, env, stop: () => dockerd.stop() };
}

/** @param flags of docker-compose itself */
export function composeHost({ dockerd, env }: Images, flags: readonly string[] = []): Composed {
  const cleanUps = new CleanUps();
  const project = `udevns-test-${process.pid}-${projects++}`;
  const directory = mkdtempSync(join(tmpdir(), "udevns-compose-"));
  cleanUps.add(() => rmSync(directory, { recursive: true }));
  // policy is not root's.
  chmodSync(directory, 0o755);
  const settings = {
    ...env,
    UDEVNS_HOST: project,
    UDEVNS_RUN_DIR: makeRunDir(project, cleanUps),
    UDEVNS_POLICY_DIR: directory,
    UDEVNS_DOCKER_SOCKET: dockerd.socket,
  };
  const compose = (...args: string[]) => runCompose(settings, ["-p", project, ...flags, ...args]);
  const up = (...args: string[]): void => {
    try {
      compose("up", "-d", ...args);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${compose("logs", "--tail=15")}`);
    }
  };
  const container = (service: string) => dockerd.docker.getContainer(`${project}_${service}_1`);
  const eventually = (condition: () => boolean | Promise<boolean>, what: string): Promise<void> =>
    until(condition, what).catch((error: Error) => {
      throw new Error(`${error.message}\n${compose("logs", "--tail=15")}`);
    });
  cleanUps.add(() => compose("down", "--volumes", "--timeout", "10"));
  return {
    project,
    cleanUps,
    compose,
    up,
    composeMeanwhile: async (...args) => {
      const options = { cwd: ROOT, env: settings, stdio: "ignore" } as const;
      const child = spawn("docker-compose", ["-p", project, ...flags, ...args], options);
      const [code] = await once(child, "exit");
      if (code !== 0) throw new Error(`docker-compose ${args.join(" ")}: exit ${code}`);
    },
    container,
    run: async (service, command) => {
      const { code, output } = await exec(container(service), command);
      if (code !== 0) throw new Error(`${service}: ${command}: exit ${code}\n${output}`);
      return output;
    },
    udevns: (...args) => compose("run", "--rm", "-T", "udevns", ...args),
    healthy: (service) =>
      eventually(
        async () => (await container(service).inspect()).State.Health?.Status === "healthy",
        `${service} to be healthy`,
      ),
    eventually,
    writePolicy: (text) => writeFileSync(join(directory, "policy.yaml"), text),
    stop: () => cleanUps.run(),
  };
}

function runCompose(env: NodeJS.ProcessEnv, args: readonly string[]): string {
  const options = { cwd: ROOT, env, encoding: "utf8", maxBuffer: 64 << 20 } as const;
  const { status, stdout, stderr } = spawnSync("docker-compose", args, options);
  if (status !== 0) throw new Error(`docker-compose ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

/** What systemd does for the whole tree: mounts made in devnode's container are seen here. */
function makeRunDir(project: string, cleanUps: CleanUps): string {
  const path = `/run/${project}`;
  mkdirSync(path);
  spawnSync("sh", ["-c", `mount --bind ${path} ${path} && mount --make-shared ${path}`]);
  cleanUps.add(() => {
    spawnSync("sh", ["-c", `umount -lR ${path}`]);
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}
