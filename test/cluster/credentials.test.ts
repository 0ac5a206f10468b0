import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Bus, type BusUser, connectBus, inboxPrefix, permissions, publicKeyOf, userName } from "@udevns/bus";
import { subjects } from "@udevns/protocol";
import { listenIn } from "../support/listener.ts";
import { startNatsServer, type TestServer } from "../support/nats-server.ts";
import { allReady, startService } from "../support/service.ts";
import { startThrowaway } from "../support/throwaway.ts";
import { udevns } from "../support/udevns-command.ts";
import { until } from "../support/until.ts";
import { plugZram } from "../support/zram.ts";
import { refusedPublishes, refusedSubscriptions } from "./support/attempts.ts";
import { CleanUps } from "./support/clean-ups.ts";
import { publishRows, subscribeRows } from "./support/permission-table.ts";
import { makeRunDir } from "./support/run-dir.ts";

const HOSTS = ["a", "b", "c"];
const roles = ["capture", "inventory", "policy", "devnode", "injector"] as const;
const users: BusUser[] = [
  ...HOSTS.flatMap((host) => roles.map((role) => ({ kind: "service" as const, role, host }))),
  ...(["policy", "viewer", "operator"] as const).map((kind) => ({ kind })),
];

const cleanUps = new CleanUps();
let directory: string;
let server: TestServer;
/** Of its own, as what is permitted there is done there: the table's attempts leave nonsense behind. */
let attempted: TestServer;
let admin: Bus;

const connectAs = (user: BusUser, { url } = server): Promise<Bus> =>
  connectBus({
    url,
    name: userName(user),
    nkey: join(directory, `${userName(user)}.nk`),
    ca: join(directory, "ca.pem"),
    inboxPrefix: inboxPrefix(user),
    // The attempts gather refusals themselves.
    onDenied: () => undefined,
    wait: false,
  });

/** Of those rights, the ones that are about that host, as subjects that one can publish to or hear. */
function ofHost(rights: readonly string[], host: string): string[] {
  const about = new RegExp(`(^|[._-])${host}(\\.|$)`);
  const subjectsOf = rights.filter((right) => about.test(right)).map((right) => right.replace(/[*>]/g, "x"));
  return [...new Set(subjectsOf)];
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "udevns-credentials-"));
  cleanUps.add(() => rmSync(directory, { recursive: true }));
  await udevns({}, "provision", "--credentials", directory, "--hosts", HOSTS.join());
  server = await startNatsServer({ config: join(directory, "server.conf") });
  cleanUps.add(() => server.close());
  attempted = await startNatsServer({ config: join(directory, "server.conf") });
  cleanUps.add(() => attempted.close());
  await udevns({ NATS_URL: server.url, UDEVNS_CREDENTIALS: directory }, "provision", "--hosts", HOSTS.join());
  admin = await connectAs({ kind: "admin" });
  cleanUps.add(() => admin.close());
});
afterAll(() => cleanUps.run());

describe("the table of permissions", () => {
  test.each(users.map((user) => [userName(user), user] as const))("holds for what %s publishes", async (name, user) => {
    const bus = await connectAs(user, attempted);
    const refused = await refusedPublishes(
      bus,
      publishRows.map(({ subject }) => subject),
    );
    await bus.close();
    const forbidden = publishRows.filter(({ by }) => !by.includes(name));
    expect(refused).toEqual(forbidden.map(({ subject }) => subject));
  });

  test.each(users.map((user) => [userName(user), user] as const))("holds for what %s hears", async (name, user) => {
    const bus = await connectAs(user, attempted);
    const refused = await refusedSubscriptions(
      bus,
      subscribeRows.map(({ subject }) => subject),
    );
    await bus.close();
    const forbidden = subscribeRows.filter(({ by }) => !by.includes(name));
    expect(refused).toEqual(forbidden.map(({ subject }) => subject));
  });

  test.each(HOSTS)("gives no other host's service anything that %s's may publish or hear", async (host) => {
    const own = users.filter((user) => user.kind === "service" && user.host === host).map(permissions);
    const publishes = ofHost(
      own.flatMap(({ publish }) => publish),
      host,
    );
    const hears = ofHost(
      own.flatMap(({ subscribe }) => subscribe),
      host,
    );
    for (const user of users.filter((each) => each.kind === "service" && each.host !== host)) {
      const bus = await connectAs(user, attempted);
      expect({ user, refused: await refusedPublishes(bus, publishes) }).toEqual({ user, refused: publishes });
      expect({ user, refused: await refusedSubscriptions(bus, hears) }).toEqual({ user, refused: hears });
      await bus.close();
    }
  });

  test("names every user at least once", () => {
    const named = new Set([...publishRows, ...subscribeRows].flatMap(({ by }) => by));
    expect([...named].sort()).toEqual(users.map(userName).sort());
  });
});

test("nobody without a key gets in, and nobody without TLS", async () => {
  const ca = join(directory, "ca.pem");
  await expect(connectBus({ url: server.url, name: "x", ca, wait: false })).rejects.toMatchObject({
    code: "UDEVNS_E_BUS_DENIED",
  });
});

test("keys are files for their owner alone, and a second run keeps them and adds a host's", async () => {
  const before = readFileSync(join(directory, "capture-a.nk"), "ascii");
  expect(statSync(join(directory, "capture-a.nk")).mode & 0o777).toBe(0o600);
  const copy = mkdtempSync(join(tmpdir(), "udevns-credentials-"));
  cleanUps.add(() => rmSync(copy, { recursive: true }));
  writeFileSync(join(copy, "capture-a.nk"), before);
  await udevns({}, "provision", "--credentials", copy, "--hosts", "a,d");
  expect(readFileSync(join(copy, "capture-a.nk"), "ascii")).toBe(before);
  expect(readFileSync(join(copy, "capture-d.nk"), "ascii")).toMatch(/^SU/);
});

test("a run for another host keeps the users of those whose keys are there, and a removed key is made anew", async () => {
  const copy = mkdtempSync(join(tmpdir(), "udevns-credentials-"));
  cleanUps.add(() => rmSync(copy, { recursive: true }));
  const publicKey = (file: string) => publicKeyOf(readFileSync(join(copy, file), "ascii").trim());
  const users = () => readFileSync(join(copy, "users.conf"), "ascii");
  await udevns({}, "provision", "--credentials", copy, "--hosts", "a.example");
  const capture = publicKey("capture-a=2Eexample.nk");
  rmSync(join(copy, "capture-a=2Eexample.nk"));
  await udevns({}, "provision", "--credentials", copy, "--hosts", "b");
  for (const file of ["capture-a=2Eexample.nk", "devnode-a=2Eexample.nk", "capture-b.nk", "admin.nk"])
    expect(users()).toContain(publicKey(file));
  expect(users()).not.toContain(capture);
  for (const role of roles) rmSync(join(copy, `${role}-b.nk`));
  await udevns({}, "provision", "--credentials", copy, "--hosts", "a.example");
  expect(users().match(/"nkey"/g)).toHaveLength(roles.length + 4);
});

test("a name that the server's certificate lacks is added to it, under the same authority", async () => {
  const copy = mkdtempSync(join(tmpdir(), "udevns-credentials-"));
  cleanUps.add(() => rmSync(copy, { recursive: true }));
  const read = (file: string) => readFileSync(join(copy, file));
  const provision = async (...names: string[]) => {
    const result = await udevns({}, "provision", "--credentials", copy, "--hosts", "a", "--json", ...names);
    const { steps } = JSON.parse(result) as { steps: { file: string; action: string }[] };
    return steps.find(({ file }) => file === "server.pem")?.action;
  };
  expect(await provision("--server-names", "bus.example,127.0.0.1,fd00::1")).toBe("create");
  const authority = read("ca.pem");
  for (const names of [[], ["--server-names", "127.0.0.1,fd00::1"]]) expect(await provision(...names)).toBe("keep");
  expect(await provision("--server-names", "other.example,10.0.0.1")).toBe("write");
  const certificate = new X509Certificate(read("server.pem"));
  for (const name of ["bus.example", "other.example"]) expect(certificate.checkHost(name)).toBe(name);
  for (const address of ["127.0.0.1", "10.0.0.1", "fd00::1"]) expect(certificate.checkIP(address)).toBe(address);
  expect(read("ca.pem")).toEqual(authority);
  expect(certificate.verify(new X509Certificate(authority).publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(read("server-key.pem")))).toBe(true);
});

test("what a reader has delivered elsewhere is stored nowhere", async () => {
  const work = subjects.devnodeWork("a", "c");
  const stream = "UDEVNS_DEVNODE_a";
  await admin.nc.jetstream().publish(work, "as udevns writes it", { expect: { lastSequence: 0, streamName: stream } });
  await admin.nc.jetstream().publish(work, "without its stream's name");
  const devnode = await connectAs({ kind: "service", role: "devnode", host: "a" });
  cleanUps.add(() => devnode.close());
  const last = async () => (await admin.jsm.streams.info("KV_UDEVNS_POLICY")).state.last_seq;
  const before = await last();
  // A push consumer of its own name and filter, which the server lets it make, aimed at another stream's subject.
  const heard: string[] = [];
  // The server pushes only where somebody listens on the very subject.
  admin.nc.subscribe("$KV.UDEVNS_POLICY.current", { callback: (_, message) => void heard.push(message.subject) });
  await admin.nc.flush();
  const config = {
    name: "devnode-a",
    deliver_subject: "$KV.UDEVNS_POLICY.current",
    filter_subject: "udevns.v1.work.devnode.a.>",
  };
  const request = {
    stream_name: stream,
    config: { ...config, ack_policy: "none", deliver_policy: "all", replay_policy: "instant" },
  };
  const answer = await devnode.nc.request(
    `$JS.API.CONSUMER.CREATE.${stream}.devnode-a.udevns.v1.work.devnode.a.>`,
    JSON.stringify(request),
  );
  expect(JSON.parse(Buffer.from(answer.data).toString())).not.toHaveProperty("error");
  await until(() => heard.length === 2, "the server to deliver both");
  // The one without the name, which comes second, shows that the attempt works. A server delivers before it stores.
  await until(async () => (await last()) > before, "the second to be stored");
  expect(await last()).toBe(before + 1);
  await admin.jsm.streams.purge("KV_UDEVNS_POLICY");
  await admin.jsm.consumers.delete(stream, "devnode-a");
  await admin.jsm.streams.purge(stream);
});

test("with these keys alone a device reaches its container", async () => {
  const runDir = makeRunDir(`credentials-${process.pid}`);
  cleanUps.add(() => runDir.close());
  const policy = join(directory, "policy.yaml");
  writeFileSync(
    policy,
    'version: 1\nrules:\n  - name: disks\n    match: { subsystem: block, devname: "zram*" }\n    give: { container: guest }\n',
  );
  const env = {
    NATS_URL: server.url,
    UDEVNS_CREDENTIALS: directory,
    UDEVNS_HOST: "b",
    UDEVNS_RUN_DIR: runDir.path,
    UDEVNS_POLICY: join(directory, "none.yaml"),
  };
  await udevns(env, "policy", "apply", policy);
  const services = roles.map((role) => startService(role, env));
  cleanUps.add(() => Promise.all(services.map((service) => service.stop())));
  await allReady(admin, services);
  const guest = await startThrowaway("guest", { userns: true });
  cleanUps.add(() => guest.stop());
  const listener = listenIn(guest);
  cleanUps.add(() => listener.close());
  await udevns(env, "attach", "guest", "--pid", String(guest.pid));
  const zram = plugZram();
  cleanUps.add(() => zram.unplug());
  await until(() => listener.actions(zram.devpath).includes("add"), "add in the container");
  expect((await guest.run(`test -b /dev/${zram.name}`)).code).toBe(0);
  zram.unplug();
  await until(() => listener.actions(zram.devpath).includes("remove"), "remove in the container");
  expect(listener.actions(zram.devpath)).toEqual(["add", "remove"]);
  const complaints = services.filter((service) => /Permissions Violation|BUS_DENIED/i.test(service.log()));
  expect(complaints.map(({ role, log }) => `${role}: ${log()}`)).toEqual([]);
});
