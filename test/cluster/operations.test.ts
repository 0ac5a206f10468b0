import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Bucket, type Bus, type BusUser, connectBus, inboxPrefix, provision, userName } from "@udevns/bus";
import { bucketNames, buckets, hostStreams, sharedStreams, type UdevnsError } from "@udevns/protocol";
import { startNatsCluster } from "../support/nats-cluster.ts";
import { startNatsServer, type TestServer } from "../support/nats-server.ts";
import { udevns } from "../support/udevns-command.ts";
import { until } from "../support/until.ts";
import { CleanUps } from "./support/clean-ups.ts";

// The procedures of docs/operations.md, as they are written there.
const cleanUps = new CleanUps();
let directory: string;
let server: TestServer;

const at = (file: string) => join(directory, "credentials", file);

async function connectAs(user: BusUser, nkey = at(`${userName(user)}.nk`), ca = at("ca.pem")): Promise<Bus> {
  const bus = await connectBus({
    url: server.url,
    name: userName(user),
    nkey,
    ca,
    inboxPrefix: inboxPrefix(user),
    wait: false,
  });
  cleanUps.add(() => bus.close());
  return bus;
}

const provisionCredentials = () =>
  udevns({}, "provision", "--credentials", join(directory, "credentials"), "--hosts", "a");

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "udevns-operations-"));
  cleanUps.add(() => rmSync(directory, { recursive: true }));
  await provisionCredentials();
  // As in infra/nats/*.conf: a server whose JetStream is not in its file but on its command line loses it when it reads the file again.
  writeFileSync(at("nats.conf"), `include ./server.conf\njetstream { store_dir: ${directory}/store }\n`);
  server = await startNatsServer({ config: at("nats.conf"), store: join(directory, "store") });
  cleanUps.add(() => server.close());
  await udevns(
    { NATS_URL: server.url, UDEVNS_CREDENTIALS: join(directory, "credentials") },
    "provision",
    "--hosts",
    "a",
  );
});
afterAll(() => cleanUps.run());

test("rotation of a key: the new one is taken, the old one refused", async () => {
  const capture: BusUser = { kind: "service", role: "capture", host: "a" };
  const old = join(directory, "old.nk");
  cpSync(at("capture-a.nk"), old);
  await connectAs(capture);
  rmSync(at("capture-a.nk"));
  await provisionCredentials();
  server.reload();
  await until(async () => {
    try {
      await (await connectAs(capture)).nc.flush();
      return true;
    } catch {
      return false;
    }
  }, "the new key to be taken");
  const admin = await connectAs({ kind: "admin" });
  expect((await admin.jsm.streams.info("KV_UDEVNS_CLAIMS")).config.name).toBe("KV_UDEVNS_CLAIMS");
  await expect(connectAs(capture, old)).rejects.toMatchObject({ code: "UDEVNS_E_BUS_DENIED" });
});

test("backup and restore: what was kept is there again, with the revisions that claims are guarded by", async () => {
  const claims = async () => new Bucket(await connectAs({ kind: "admin" }), bucketNames.claims);
  await (await claims()).put("a.keyboard", "mine");
  const revision = await (await claims()).put("a.stick", "yours");
  const backup = join(directory, "backup");
  await server.kill();
  cpSync(server.store, backup, { recursive: true });
  rmSync(join(server.store, "jetstream"), { recursive: true });
  await server.start();
  await expect((await claims()).list("a.")).rejects.toThrow();
  await server.kill();
  cpSync(backup, server.store, { recursive: true });
  await server.start();
  const restored = await (await claims()).list("a.");
  expect(restored.map(({ key, value }) => [key, value])).toEqual([
    ["a.keyboard", "mine"],
    ["a.stick", "yours"],
  ]);
  expect(restored[1]?.revision).toBe(revision);
});

test("provision tells of a server without room for the logs", async () => {
  const small = await startNatsServer({ limits: ", max_file_store: 600MB" });
  cleanUps.add(() => small.close());
  const running = udevns({ NATS_URL: small.url }, "provision", "--hosts", "a", "--json");
  await expect(running).rejects.toThrow(/ended with 69: .*NATS has no room for .*UDEVNS_E_BUS_STORAGE/s);
});

test("what sizing says is enough is enough, and less is not", async () => {
  const onDisk = sharedStreams.filter(({ lastOnly }) => !lastOnly);
  const plans = [...onDisk, ...buckets, ...hostStreams("a")];
  const bytes = plans.reduce((sum, { maxBytes }) => sum + maxBytes, 0);
  expect(bytes / (1 << 20)).toBe(1008 + 384);
  for (const [size, outcome] of [
    [bytes, "made"],
    [bytes - 1, "UDEVNS_E_BUS_STORAGE"],
  ] as const) {
    const server = await startNatsServer({ limits: `, max_file_store: ${size}` });
    const bus = await connectBus({ url: server.url, name: "test", wait: true });
    const made = provision(bus, { hosts: ["a"], replicas: 1 });
    expect(
      await made.then(
        () => "made",
        ({ code }: UdevnsError) => code,
      ),
    ).toBe(outcome);
    await bus.close();
    await server.close();
  }
});

test("rotation of the certificates: who knows the new authority is let in, who knows the old one is not", async () => {
  const old = join(directory, "old.pem");
  cpSync(at("ca.pem"), old);
  for (const file of ["ca.pem", "ca-key.pem", "server.pem", "server-key.pem"]) rmSync(at(file));
  await provisionCredentials();
  server.reload();
  const admin: BusUser = { kind: "admin" };
  await until(async () => {
    try {
      await connectAs(admin);
      return true;
    } catch {
      return false;
    }
  }, "the new certificate to be shown");
  await expect(connectAs(admin, undefined, old)).rejects.toMatchObject({ code: "UDEVNS_E_BUS_UNAVAILABLE" });
});

test("provision waits for a cluster that is not complete yet, and tells when it stays so", async () => {
  const cluster = await startNatsCluster();
  cleanUps.add(() => cluster.close());
  await cluster.kill("n3");
  const bus = await connectBus({ url: cluster.url, name: "test", wait: true });
  cleanUps.add(() => bus.close());
  const wanted = { hosts: ["a"], replicas: 3 };
  await expect(provision(bus, wanted)).rejects.toMatchObject({ code: "UDEVNS_E_BUS_CLUSTER" });
  const waiting = provision(bus, { ...wanted, patienceMs: 60_000 });
  await cluster.start("n3");
  expect(new Set((await waiting).map(({ action }) => action))).toContain("create");
  const again = await provision(bus, { ...wanted, patienceMs: 60_000 });
  expect(again.filter(({ action }) => action !== "keep")).toEqual([]);
});
