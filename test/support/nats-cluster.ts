import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./nats-server.ts";
import { until } from "./until.ts";

/** Three real nats-servers on loopback that are one JetStream cluster. */
export interface TestCluster {
  /** All three, comma-separated. */
  readonly url: string;
  /** Of their processes. */
  pids(): number[];
  /** kill -9 of one of them, by its name: n1, n2, n3. */
  kill(name: string): Promise<void>;
  /** Starts it again with the store it had. */
  start(name: string): Promise<void>;
  close(): Promise<void>;
}

interface Member {
  readonly name: string;
  readonly client: number;
  readonly route: number;
  readonly monitor: number;
  readonly store: string;
  child?: ChildProcess;
}

export async function startNatsCluster(): Promise<TestCluster> {
  const members: Member[] = [];
  for (const name of ["n1", "n2", "n3"]) {
    const [client, route, monitor] = [await freePort(), await freePort(), await freePort()];
    members.push({ name, client, route, monitor, store: mkdtempSync(join(tmpdir(), `udevns-${name}-`)) });
  }
  const routes = members.map(({ route }) => `nats-route://127.0.0.1:${route}`);
  const find = (name: string) => members.find((member) => member.name === name) as Member;
  const launch = (member: Member) => {
    const file = join(member.store, "nats.conf");
    writeFileSync(file, configText(member, routes));
    member.child = spawn("nats-server", ["--config", file], { stdio: "ignore" });
  };
  const kill = async ({ child }: Member) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  const healthy = (member: Member) => until(() => isHealthy(member.monitor), `${member.name} to be healthy`);
  for (const member of members) launch(member);
  await Promise.all(members.map(healthy));
  return {
    url: members.map(({ client }) => `nats://127.0.0.1:${client}`).join(),
    pids: () => members.flatMap(({ child }) => child?.pid ?? []),
    kill: (name) => kill(find(name)),
    start: async (name) => {
      launch(find(name));
      await healthy(find(name));
    },
    close: async () => {
      await Promise.all(members.map(kill));
      for (const { store } of members) rmSync(store, { recursive: true, force: true });
    },
  };
}

const configText = ({ name, client, route, monitor, store }: Member, routes: readonly string[]): string => `
server_name: ${name}
listen: "127.0.0.1:${client}"
http: "127.0.0.1:${monitor}"
jetstream { store_dir: "${store}" }
cluster { name: udevns, listen: "127.0.0.1:${route}", routes: ${JSON.stringify(routes)} }
`;

async function isHealthy(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;
  } catch {
    return false;
  }
}
