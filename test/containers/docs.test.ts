import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Dockerd, exec, startDockerd } from "../support/dockerd.ts";
import { type Lxc, type LxcGuest, startLxc } from "../support/lxc.ts";
import { shell } from "../support/shell.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

const page = readFileSync(new URL("../../docs/runtimes.md", import.meta.url), "utf8");
/** The examples of the page, in its order. */
const [compose = "", policy = "", lxcConfig = ""] = Array.from(
  page.matchAll(/```(?:yaml|ini)\n(.*?)```/gs),
  ([, text]) => text ?? "",
);

let directory: string;
let dockerd: Dockerd;
let lxc: Lxc;
let box: LxcGuest;
let stack: Stack;
const plugged: Zram[] = [];

const composeIn = (...words: string[]) =>
  shell(`cd "$1" && shift && exec docker-compose --project-name example "$@"`, directory, ...words);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "udevns-docs-"));
  [dockerd, lxc] = [await startDockerd(1), await startLxc()];
  process.env.DOCKER_HOST = `unix://${dockerd.socket}`;
  writeFileSync(join(directory, "docker-compose.yml"), compose);
  await composeIn("up", "--detach");
  stack = await startStack(policy.replace("give: { labels", "give: { share: true, labels"), {
    env: { UDEVNS_RUNTIMES: "docker,lxc", UDEVNS_DOCKER_SOCKET: dockerd.socket, UDEVNS_LXC_PATH: lxc.path },
  });
  box = await lxc.create("box", { config: lxcConfig });
  await until(async () => {
    const { stdout } = await stack.command("containers");
    return stdout.includes("example_player_1") && stdout.includes("box");
  }, "both containers to be taken in");
  plugged.push(plugZram());
});

afterAll(async () => {
  for (const zram of plugged) zram.unplug();
  await stack?.stop();
  await lxc?.stop();
  await dockerd?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test("the compose file of docs/runtimes.md: its service gets the device", async () => {
  const container = dockerd.docker.getContainer("example_player_1");
  const opened = async () => (await exec(container, `dd if=/dev/${plugged[0]?.name} of=/dev/null count=1`)).code === 0;
  await until(opened, "the service to open the device");
  expect((await exec(container, "test -f /run/udev/control")).code).toBe(0);
});

test("the LXC lines of docs/runtimes.md: its container gets the device", async () => {
  await until(
    async () => (await box.run(`dd if=/dev/${plugged[0]?.name} of=/dev/null count=1`)).code === 0,
    "LXC to open the device",
  );
});
