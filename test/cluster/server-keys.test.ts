import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { leafDomain } from "@udevns/bus";
import { freePort } from "../support/nats-server.ts";
import { udevns } from "../support/udevns-command.ts";
import { until } from "../support/until.ts";
import { CleanUps } from "./support/clean-ups.ts";

// infra/nats/*.conf as they are shipped, but for places and ports.
const cleanUps = new CleanUps();
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "udevns-server-keys-"));
  cleanUps.add(() => rmSync(directory, { recursive: true, force: true }));
  await udevns({}, "provision", "--credentials", join(directory, "credentials"), "--hosts", "a");
});
afterAll(() => cleanUps.run());

interface Changes {
  readonly text?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

async function startShipped(file: string, name: string, { text: changes = {}, env }: Changes): Promise<void> {
  const path = fileURLToPath(new URL(`../../infra/nats/${file}`, import.meta.url));
  const places = {
    "/etc/nats/credentials": join(directory, "credentials"),
    "/data": join(directory, `${name}.store`),
    "0.0.0.0:4222": `127.0.0.1:${await freePort()}`,
    "127.0.0.1:4222": `127.0.0.1:${await freePort()}`,
    "port: 4222": `port: ${await freePort()}`,
  };
  let text = readFileSync(path, "utf8");
  for (const [from, to] of Object.entries({ ...changes, ...places })) text = text.replaceAll(from, to);
  start(name, text, env);
}

/** @returns what it says on its log */
function start(name: string, text: string, env: Readonly<Record<string, string>> = {}): () => string {
  const path = join(directory, `${name}.conf`);
  writeFileSync(path, text);
  const options = {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"] as ["ignore", "ignore", "pipe"],
  };
  const child = spawn("nats-server", ["--config", path], options);
  let log = "";
  child.stderr.on("data", (data) => (log += data));
  cleanUps.add(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  });
  return () => log;
}

/** One number of a server's monitoring page; undefined while it does not answer. */
async function ask(monitor: number, page: string, field: string): Promise<number | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${monitor}/${page}`);
    return ((await response.json()) as Record<string, number>)[field];
  } catch {
    return undefined;
  }
}

describe("of a hub", () => {
  let monitor: number;
  let port: number;
  const leaves = () => ask(monitor, "leafz", "leafnodes");

  beforeAll(async () => {
    [monitor, port] = [await freePort(), await freePort()];
    const text = { "0.0.0.0:7422": `127.0.0.1:${port}`, "127.0.0.1:8222": `127.0.0.1:${monitor}` };
    await startShipped("hub.conf", "hub", { text });
    await until(async () => (await leaves()) === 0, "the hub");
  });

  test("a server without a key of the authority is no leaf", async () => {
    const remote = `{ url: "nats-leaf://127.0.0.1:${port}" }`;
    const log = start("no-leaf", `listen: "127.0.0.1:${await freePort()}"\nleafnodes { remotes: [ ${remote} ] }\n`);
    await until(() => /Leafnode (Error|connection closed)|TLS/.test(log()), "the stranger to have been refused");
    expect(await leaves()).toBe(0);
  });

  test("a host's own server is one", async () => {
    const env = { UDEVNS_NATS_NAME: leafDomain("a"), UDEVNS_NATS_HUB: `tls://127.0.0.1:${port}` };
    await startShipped("leaf.conf", "leaf", { text: { "127.0.0.1:8222": `127.0.0.1:${await freePort()}` }, env });
    await until(async () => (await leaves()) === 1, "the leaf to be known at the hub");
  });
});

describe("of a cluster", () => {
  const ports: number[] = [];
  let monitor: number;
  const routes = () => ask(monitor, "routez", "num_routes");

  async function startMember(number: number, monitoring: number): Promise<void> {
    const [first = 0, second = 0, third = 0] = ports;
    const text = {
      "port: 6222": `port: ${ports[number - 1]}`,
      "n1:6222": `localhost:${first}`,
      "n2:6222": `localhost:${second}`,
      "n3:6222": `localhost:${third}`,
    };
    const env = {
      UDEVNS_NATS_NAME: `n${number}`,
      UDEVNS_NATS_ADDRESS: "127.0.0.1",
      UDEVNS_NATS_MONITOR: `127.0.0.1:${monitoring}`,
    };
    await startShipped("cluster.conf", `n${number}`, { text, env });
  }

  beforeAll(async () => {
    for (let member = 0; member < 3; member += 1) ports.push(await freePort());
    monitor = await freePort();
    await startMember(1, monitor);
    await until(async () => (await routes()) === 0, "the first server");
  });

  test("a server without a key of the authority is no member", async () => {
    const cluster = `cluster { name: udevns, listen: "127.0.0.1:${await freePort()}", routes: [ "nats://127.0.0.1:${ports[0]}" ] }`;
    const log = start(
      "no-member",
      `server_name: x\nlisten: "127.0.0.1:${await freePort()}"\ndebug: true\n${cluster}\n`,
    );
    await until(() => /Router connection closed|TLS/.test(log()), "the stranger to have been refused");
    expect(await routes()).toBe(0);
  });

  test("one of the three is", async () => {
    await startMember(2, await freePort());
    await until(async () => ((await routes()) ?? 0) >= 1, "the second server to be known to the first");
  });
});
