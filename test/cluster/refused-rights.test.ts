import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Bus, connectBus, inboxPrefix, tap, userName } from "@udevns/bus";
import { type ServiceRole, serviceRoles, subjects } from "@udevns/protocol";
import { startNatsServer, type TestServer } from "../support/nats-server.ts";
import { allReady, type ServiceProcess, startService } from "../support/service.ts";
import { udevns, udevnsResult } from "../support/udevns-command.ts";
import { until } from "../support/until.ts";
import { CleanUps } from "./support/clean-ups.ts";
import { makeRunDir } from "./support/run-dir.ts";

interface Case {
  readonly what: string;
  readonly role: ServiceRole;
  /** The right that its user lacks, with `H` for the host. */
  readonly without: string;
  /** What it must name, if not that right. */
  readonly says?: string;
}

/** One of each way in which a service speaks to the server. Each has a host of its own, whose user lacks that one right. */
const cases: readonly Case[] = [
  { what: "a heartbeat", role: "injector", without: "udevns.v1.status.H.injector" },
  {
    what: "a reader's consumer",
    role: "injector",
    without: "$JS.API.CONSUMER.CREATE.UDEVNS_INJECT_H.injector-H.udevns.v1.work.inject.H.>",
    says: "stream UDEVNS_INJECT_H",
  },
  { what: "a reader's pull", role: "injector", without: "$JS.API.CONSUMER.MSG.NEXT.UDEVNS_INJECT_H.injector-H" },
  {
    what: "a look at its log",
    role: "devnode",
    without: "$JS.API.STREAM.INFO.UDEVNS_INJECT_H",
    says: "stream UDEVNS_INJECT_H",
  },
  {
    what: "a bucket's follower",
    role: "devnode",
    without: "$JS.API.CONSUMER.MSG.NEXT.KV_UDEVNS_CONTAINERS.devnode-containers-H",
  },
  { what: "a log's writer", role: "capture", without: "udevns.v1.uevent.H.>", says: "udevns.v1.uevent.H." },
  {
    what: "a request's subject",
    role: "capture",
    without: "udevns.v1.rpc.H.scan",
    says: "a subscription to udevns.v1.rpc.H.scan",
  },
  { what: "the services protocol", role: "inventory", without: "$SRV.PING", says: "a subscription to $SRV.PING" },
  { what: "the term of a lease", role: "policy", without: "udevns.v1.work.term.H" },
  { what: "a lease", role: "policy", without: "$KV.UDEVNS_LEASES.H.>", says: "$KV.UDEVNS_LEASES.H." },
  { what: "a checkpoint", role: "policy", without: "$KV.UDEVNS_POSITIONS.H.>", says: "$KV.UDEVNS_POSITIONS.H.policy" },
];
/** Its users lack nothing. */
const SOUND = "sound";
const REPLY = "udevns.v1.uevent.other.block.add";
const rows = cases.map((each, index) => ({ ...each, host: `h${index}` }));

const cleanUps = new CleanUps();
let directory: string;
let server: TestServer;

/** Takes one right from one user of the written configuration. */
function withhold(config: string, user: string, right: string): string {
  const { users } = JSON.parse(config.replace(/^authorization: /, "")) as {
    users: { nkey: string; permissions: Record<"publish" | "subscribe", { allow: string[] }> }[];
  };
  const index = names.indexOf(user);
  const { publish, subscribe } = users[index]?.permissions ?? { publish: { allow: [] }, subscribe: { allow: [] } };
  const rights = [publish, subscribe].find(({ allow }) => allow.includes(right));
  if (rights === undefined) throw new Error(`${user} has no right to ${right}`);
  rights.allow = rights.allow.filter((each) => each !== right);
  return `authorization: ${JSON.stringify({ users }, undefined, 2)}\n`;
}

const hosts = [...rows.map(({ host }) => host), SOUND];
/** In the order of users.conf. */
const names = hosts.flatMap((host) => serviceRoles.map((role) => userName({ kind: "service", role, host })));

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "udevns-refused-"));
  cleanUps.add(() => rmSync(directory, { recursive: true }));
  await udevns({}, "provision", "--credentials", directory, "--hosts", hosts.join());
  const users = join(directory, "users.conf");
  const full = readFileSync(users, "utf8");
  const reduced = rows.reduce(
    (text, { host, role, without }) => withhold(text, `${role}-${host}`, without.replaceAll("H", host)),
    full,
  );
  writeFileSync(users, reduced);
  server = await startNatsServer({ config: join(directory, "server.conf") });
  cleanUps.add(() => server.close());
  const admin = { NATS_URL: server.url, UDEVNS_CREDENTIALS: directory };
  await udevns(admin, "provision", "--hosts", hosts.join(), "--host-mib", "12");
  await udevns({ ...admin, UDEVNS_HOST: "h0" }, "policy", "apply", policyFile());
});
afterAll(() => cleanUps.run());

function start(role: ServiceRole, host: string): ServiceProcess {
  const runDir = makeRunDir(`refused-${process.pid}-${host}`);
  cleanUps.add(() => runDir.close());
  const service = startService(role, {
    NATS_URL: server.url,
    UDEVNS_CREDENTIALS: directory,
    UDEVNS_HOST: host,
    UDEVNS_RUN_DIR: runDir.path,
    UDEVNS_POLICY: join(directory, "none.yaml"),
  });
  cleanUps.add(() => service.kill());
  return service;
}

async function connectAs(kind: "admin" | "viewer"): Promise<Bus> {
  const nkey = join(directory, `${kind}.nk`);
  const ca = join(directory, "ca.pem");
  const bus = await connectBus({
    url: server.url,
    name: kind,
    nkey,
    ca,
    inboxPrefix: inboxPrefix({ kind }),
    wait: false,
  });
  cleanUps.add(() => bus.close());
  return bus;
}

function policyFile(): string {
  const file = join(directory, "policy.yaml");
  writeFileSync(file, "version: 1\nrules: []\n");
  return file;
}

test.each(rows)(
  "a service that is refused $what ends with exit code 77 and says which right it lacks",
  async ({ role, host, without, says = without }) => {
    const service = start(role, host);
    const code = await service.exited;
    const fatal =
      service
        .log()
        .split("\n")
        .find((line) => line.includes('"level":"fatal"')) ?? service.log();
    expect(fatal).toContain("UDEVNS_E_BUS_DENIED");
    expect(fatal).toContain(`the bus refused ${says.replaceAll("H", host)}`);
    expect(code).toBe(77);
  },
);

test("so does a command", async () => {
  const env = { NATS_URL: server.url, NATS_NKEY: join(directory, "capture-h1.nk"), NATS_CA: join(directory, "ca.pem") };
  const { code, stderr } = await udevnsResult({ ...env, UDEVNS_INBOX_PREFIX: "_INBOX_capture-h1" }, "containers");
  expect(stderr).toContain("UDEVNS_E_BUS_DENIED");
  expect(code).toBe(77);
});

test("a requester cannot end a service by the reply subject that it names", async () => {
  const service = start("injector", SOUND);
  const admin = await connectAs("admin");
  await allReady(admin, [service]);
  const viewer = await connectAs("viewer");
  // The server lets a service answer once a request; of two with one reply subject the second answer is refused.
  for (let request = 0; request < 2; request += 1) viewer.nc.publish("$SRV.PING.udevns-injector", "", { reply: REPLY });
  let beats = 0;
  tap(admin, subjects.status(SOUND, "injector"), () => {
    beats += 1;
  });
  await until(() => beats >= 2 || !service.running(), "two heartbeats after the refused answer");
  expect(service.log()).not.toContain("UDEVNS_E_BUS_DENIED");
});
