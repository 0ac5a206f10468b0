import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { CleanUps } from "../cluster/support/clean-ups.ts";
import { BASE, importBase } from "../support/base-image.ts";
import { type Dockerd, type DockerGuest, startDockerd, startGuest } from "../support/dockerd.ts";
import { type Listener, listenIn } from "../support/listener.ts";
import { pokeUevent } from "../support/synthetic.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const services = ["capture", "inventory", "policy", "devnode", "injector"] as const;
const PROJECT = `udevns-test-${process.pid}`;

const cleanUps = new CleanUps();
let dockerd: Dockerd;
let guest: DockerGuest;
let listener: Listener;
let zram: Zram;
let env: NodeJS.ProcessEnv;
let poked = 0;

function compose(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("docker-compose", ["-p", PROJECT, ...args], {
    cwd: ROOT,
    env,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  if (status !== 0) throw new Error(`docker-compose ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

const containerOf = (service: string) => dockerd.docker.getContainer(`${PROJECT}_${service}_1`);

async function healthy(service: string): Promise<void> {
  await until(
    async () => (await containerOf(service).inspect()).State.Health?.Status === "healthy",
    `${service} to be healthy`,
    60_000,
  ).catch((error: Error) => {
    throw new Error(`${error.message}\n${compose("logs", "--tail=30", service)}`);
  });
}

/** The kernel says something of the device, and the container hears it once and in order. */
async function pokeAndHear(): Promise<void> {
  pokeUevent(zram.devpath, ++poked);
  await until(() => numbers().length >= poked, `event ${poked} in the container`, 60_000).catch((error: Error) => {
    throw new Error(`${error.message}\n${compose("logs", "--tail=10")}`);
  });
  expect(numbers()).toEqual(Array.from({ length: poked }, (_, index) => index + 1));
}

const numbers = (): number[] =>
  listener.events
    .filter((event) => event.injected && event.devpath === zram.devpath && event.properties.SYNTH_ARG_N !== undefined)
    .map((event) => Number(event.properties.SYNTH_ARG_N));

beforeAll(async () => {
  dockerd = await startDockerd(1);
  cleanUps.add(() => dockerd.stop());
  await importBase(dockerd.docker);
  const directory = mkdtempSync(join(tmpdir(), "udevns-compose-"));
  cleanUps.add(() => rmSync(directory, { recursive: true }));
  // policy is not root's.
  chmodSync(directory, 0o755);
  const runDir = `/run/${PROJECT}`;
  mkdirSync(runDir);
  // What systemd does for the whole tree: mounts made in devnode's container are seen here.
  spawnSync("sh", ["-c", `mount --bind ${runDir} ${runDir} && mount --make-shared ${runDir}`]);
  cleanUps.add(() => {
    spawnSync("sh", ["-c", `umount -lR ${runDir}`]);
    rmSync(runDir, { recursive: true, force: true });
  });
  env = {
    ...process.env,
    DOCKER_HOST: `unix://${dockerd.socket}`,
    COMPOSE_DOCKER_CLI_BUILD: "0",
    UDEVNS_BASE: BASE,
    UDEVNS_NATS_IMAGE: BASE,
    UDEVNS_HOST: PROJECT,
    UDEVNS_RUN_DIR: runDir,
    UDEVNS_POLICY_DIR: directory,
    UDEVNS_DOCKER_SOCKET: dockerd.socket,
  };
  zram = plugZram();
  cleanUps.add(() => zram.unplug());
  const policy = `version: 1\nrules:\n  - name: disk\n    match: { devname: ${zram.name} }\n    give: { container: guest }\n`;
  writeFileSync(join(directory, "policy.yaml"), policy);
  cleanUps.add(() => compose("down", "--volumes", "--timeout", "10"));
  compose("build", "--quiet", "credentials");
  compose("up", "-d");
  for (const service of services) await healthy(service);
  guest = await startGuest(dockerd, "guest", { labels: { "udevns.enable": "true" } });
  listener = listenIn(guest);
  cleanUps.add(() => listener.close());
}, 240_000);
afterAll(() => cleanUps.run(), 90_000);

test("a device reaches a container through the composed services", async () => {
  const node = `/dev/${zram.name}`;
  await until(async () => (await guest.run(`test -b ${node}`)).code === 0, `${node} in the container`, 40_000).catch(
    (error: Error) => {
      throw new Error(`${error.message}\n${compose("logs", "--tail=15")}`);
    },
  );
  await pokeAndHear();
}, 90_000);

test.each(services)(
  "%s is killed and comes back, and nothing is lost or heard twice",
  async (service) => {
    const before = (await containerOf(service).inspect()).State;
    process.kill(before.Pid, "SIGKILL");
    await pokeAndHear();
    await until(
      async () => {
        const { Pid, Health } = (await containerOf(service).inspect()).State;
        return Pid !== before.Pid && Health?.Status === "healthy";
      },
      `${service} to come back`,
      60_000,
    );
  },
  120_000,
);

test.each(services)(
  "%s is updated, and nothing is lost or heard twice",
  async (service) => {
    const before = (await containerOf(service).inspect()).Id;
    compose("up", "-d", "--no-deps", "--force-recreate", service);
    await pokeAndHear();
    expect((await containerOf(service).inspect()).Id).not.toBe(before);
    await healthy(service);
  },
  120_000,
);

test("every service's file system is read-only, and policy is not root's", async () => {
  for (const service of services) {
    const { HostConfig, Config } = await containerOf(service).inspect();
    expect([service, HostConfig.ReadonlyRootfs, HostConfig.Privileged, HostConfig.CapDrop]).toEqual([
      service,
      true,
      false,
      ["ALL"],
    ]);
    expect(Config.User === "65532:65532").toBe(service === "policy");
  }
});
