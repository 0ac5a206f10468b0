import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Bucket, type Bus, connectBus, discover } from "@udevns/bus";
import { messageCatalogue, serviceRoles } from "@udevns/protocol";
import { questions } from "../../libs/protocol/scripts/questions.ts";
import { startNatsServer, type TestServer } from "../support/nats-server.ts";
import { allReady, startService } from "../support/service.ts";
import { udevns, udevnsResult } from "../support/udevns-command.ts";
import { until } from "../support/until.ts";
import { CleanUps } from "./support/clean-ups.ts";
import { makeRunDir } from "./support/run-dir.ts";

// docs/subjects.md, Questions and their lines. Debian has no NATS CLI: what its lines ask the server for is asked here likewise.
const HOST = "a";
const COMMAND = fileURLToPath(new URL("../../services/cli/bin/udevns.js", import.meta.url));

const cleanUps = new CleanUps();
let server: TestServer;
let bus: Bus;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), "udevns-questions-"));
  cleanUps.add(() => rmSync(directory, { recursive: true }));
  server = await startNatsServer();
  cleanUps.add(() => server.close());
  bus = await connectBus({ url: server.url, name: "test", wait: true });
  cleanUps.add(() => bus.close());
  const runDir = makeRunDir(`questions-${process.pid}`);
  cleanUps.add(() => runDir.close());
  const policy = join(directory, "policy.yaml");
  writeFileSync(policy, "version: 1\nrules: []\n");
  env = { NATS_URL: server.url, UDEVNS_HOST: HOST, UDEVNS_RUN_DIR: runDir.path, UDEVNS_POLICY: policy };
  await udevns(env, "provision");
  const services = serviceRoles.map((role) => startService(role, env));
  cleanUps.add(() => Promise.all(services.map((service) => service.stop())));
  await allReady(bus, services);
});
afterAll(() => cleanUps.run());

/** The words of a shell's line. */
const words = (line: string): string[] =>
  Array.from(line.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, bare]) => quoted ?? bare ?? "");

describe("the line of the NATS CLI answers", () => {
  test.each(questions.map(({ question, nats }) => [question, nats]))("%s %s", async (_, line) => {
    const [, verb = "", ...rest] = words(line);
    await expect(ask(verb, rest)).resolves.toBe(true);
  });
});

/** True when what that command asks for is there. */
async function ask(verb: string, rest: readonly string[]): Promise<boolean> {
  const [first = "", second = "", ...more] = rest;
  switch (verb) {
    case "sub":
      return messageCatalogue.some(({ subject }) => matches(first, `udevns.v1.${subject.replaceAll(/<\w+>/g, "a")}`));
    case "req":
      return (await bus.nc.request(first, "", { timeout: 5_000 })).data.length > 0;
    case "micro":
      return (await discover(bus)).some(({ name }) => second === "" || name === second);
    case "kv":
      return await hasKeys(second, first === "get" ? more[0] : undefined);
    case "consumer":
      return (await bus.jsm.consumers.list(second).next()).length > 0;
    case "stream":
      return await hasMessages(first, second, more);
    default:
      throw new Error(`the test knows no nats ${verb}`);
  }
}

async function hasKeys(bucket: string, key: string | undefined): Promise<boolean> {
  if (key !== undefined) return (await new Bucket(bus, bucket).get(key)) !== undefined;
  return (await bus.jsm.streams.info(`KV_${bucket}`)).state.last_seq >= 0;
}

async function hasMessages(verb: string, stream: string, more: readonly string[]): Promise<boolean> {
  if (verb === "report") return (await bus.jsm.streams.list().next()).length > 0;
  const last = more[0] === "--last-for" ? more[1] : undefined;
  if (last !== undefined) return (await bus.jsm.streams.getMessage(stream, { last_by_subj: last })).subject === last;
  return (await bus.jsm.streams.info(stream)).state.messages > 0;
}

/** By NATS's rules for `*` and `>`; of two patterns, whether a message can be of both. */
function matches(filter: string, subject: string): boolean {
  const [wanted, found] = [filter.split("."), subject.split(".")];
  for (const [index, token] of wanted.entries()) {
    if (token === ">") return found.length > index;
    if (found[index] === undefined || (token !== "*" && token !== found[index] && !/^[ac]$/.test(token))) return false;
  }
  return wanted.length === found.length;
}

describe("our own line answers", () => {
  const lines = [...new Set(questions.flatMap(({ udevns: line }) => line ?? []))];
  const listens = (line: string) => /^udevns (monitor|tap(?! --))/.test(line);

  test.each(lines.filter((line) => !listens(line)))("%s", async (line) => {
    const { code, stdout, stderr } = await udevnsResult(env, ...words(line).slice(1));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trim()).not.toBe("");
  });

  test.each(lines.filter(listens))("%s", async (line) => {
    const listening = listen(words(line).slice(1));
    await until(() => /listening/.test(listening.stderr()), "it to listen");
    expect(await listening.end()).toBe(0);
  });
});

test("tap shows each message as it is", async () => {
  const listening = listen(["tap", "udevns.v1.status.>", "--json"]);
  await until(() => listening.stdout().split("\n").length > 5, "heartbeats");
  const lines = listening.stdout().split("\n").slice(0, 5);
  for (const { subject, message } of lines.map((line) => JSON.parse(line) as { subject: string; message: object }))
    expect(message).toMatchObject({ host: HOST, role: subject.split(".").at(-1), ready: true });
  expect(await listening.end()).toBe(0);
});

describe("by the services protocol", () => {
  test.each(serviceRoles)("%s answers PING, INFO and STATS, asked as one of all, by name and by id", async (role) => {
    const name = `udevns-${role}`;
    const asked = async (subject: string) =>
      (await bus.nc.request(subject, "", { timeout: 5_000 })).json() as Promise<{ id: string; name: string }>;
    const { id } = await asked(`$SRV.PING.${name}`);
    for (const verb of ["PING", "INFO", "STATS"])
      for (const rest of [name, `${name}.${id}`]) {
        const type = `io.nats.micro.v1.${verb.toLowerCase()}_response`;
        expect(await asked(`$SRV.${verb}.${rest}`)).toMatchObject({ type, name, id, metadata: { host: HOST } });
      }
  });

  test("all of them answer one who asks all", async () => {
    expect((await discover(bus)).map(({ name }) => name).sort()).toEqual(
      serviceRoles.map((role) => `udevns-${role}`).sort(),
    );
  });
});

/** A command that runs until it is interrupted. */
function listen(args: readonly string[]): { stdout(): string; stderr(): string; end(): Promise<number | null> } {
  const child: ChildProcess = spawn(process.execPath, [COMMAND, ...args], {
    env: { ...process.env, NODE_OPTIONS: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  cleanUps.add(() => child.kill("SIGKILL"));
  const said = { stdout: "", stderr: "" };
  child.stdout?.on("data", (data) => {
    said.stdout += data;
  });
  child.stderr?.on("data", (data) => {
    said.stderr += data;
  });
  return {
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    end: async () => {
      child.kill("SIGINT");
      return ((await closed) as [number | null])[0];
    },
  };
}
