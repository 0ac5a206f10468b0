import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Bucket } from "@udevns/bus";
import { bucketNames, type Claim, type DecisionRecord, subjects, token } from "@udevns/protocol";
import { allReady, type ServiceProcess, startService } from "../support/service.ts";
import { udevnsResult } from "../support/udevns-command.ts";
import { until } from "../support/until.ts";
import { CleanUps } from "./support/clean-ups.ts";
import { type LeafLink, startLeafLink } from "./support/leaf-link.ts";
import { PaperHost } from "./support/paper-host.ts";

const HOST = "edge";
const cleanUps = new CleanUps();
let link: LeafLink;
let edge: PaperHost;
let policy: ServiceProcess;

const disksFor = (container: string) =>
  `version: 1\nrules:\n  - name: disks for ${container}\n    match: { subsystem: block }\n    give: { container: ${container} }\n`;

async function startPolicy(): Promise<ServiceProcess> {
  const none = join(link.directory, "none.yaml");
  const service = startService("policy", { NATS_URL: link.leaf.url, UDEVNS_HOST: HOST, UDEVNS_POLICY: none });
  cleanUps.add(() => service.kill());
  await allReady(link.atLeaf, [service]);
  return service;
}

/** What the devices are given to by the leaf's grants: `paper1 first`. */
async function holders(): Promise<string[]> {
  const grants = await new Bucket(link.atLeaf, bucketNames.grants).list(`${HOST}.`);
  return grants
    .map(({ value }) => JSON.parse(value) as { container: { name: string }; device: { devname: string } })
    .map(({ container, device }) => `${device.devname} ${container.name}`)
    .sort();
}

const given = (...wanted: string[]) =>
  until(async () => (await holders()).join() === wanted.join(), `${wanted.join()} at the leaf`);

/** What the hub's audit tells of the host, in its order: `paper1 owned first`. */
async function decisions(): Promise<string[]> {
  const records = (await link.audit(subjects.audit(HOST, "decision"))) as DecisionRecord[];
  return records.map(({ unit, verdict, containers }) =>
    [unit.slice(unit.lastIndexOf("/") + 1), verdict, ...containers].join(" "),
  );
}

const claimFor = (unit: string, container: string): Claim => ({
  v: 1,
  host: HOST,
  unit,
  containers: [container],
  share: false,
  who: "admin",
  when: new Date(0).toISOString(),
});

beforeAll(async () => {
  link = await startLeafLink(HOST, cleanUps);
  await link.apply(disksFor("first"));
  edge = await PaperHost.open(link.atLeaf, HOST);
  await edge.startContainer("first");
  await edge.startContainer("second");
  policy = await startPolicy();
});
afterAll(() => cleanUps.run());

test("provision finds nothing to change a second time", async () => {
  expect((await link.provision()).filter(({ action }) => action !== "keep")).toEqual([]);
});

test("the host decides by the hub's policy, and the hub sees its devices, containers and grants", async () => {
  await edge.plug(1);
  await given("paper1 first");
  await link.agree();
  expect(await link.level(link.atHub, "grants")).toHaveLength(1);
  expect(await link.level(link.atHub, "containers")).toHaveLength(2);
  // The audit comes by a way of its own, and what is not there before the cut comes after it.
  await until(async () => (await decisions()).length > 0, "the audit at the hub");
});

test("cut off, it goes on by the policy and the grants that it knows, also when its policy service starts anew", async () => {
  link.cut();
  await edge.plug(2);
  await given("paper1 first", "paper2 first");
  await policy.kill();
  policy = await startPolicy();
  await edge.plug(3);
  await edge.unplug(1);
  await given("paper2 first", "paper3 first");
  // Of what changes more than once meanwhile only the last is kept: what the hub gets has gaps, and other numbers than here.
  await edge.plug(9);
  await given("paper2 first", "paper3 first", "paper9 first");
  await edge.unplug(9);
  await given("paper2 first", "paper3 first");
  expect(await decisions()).toEqual(["paper1 owned first"]);
  expect(await link.level(link.atHub, "devices")).toHaveLength(1);
});

test("what the hub changes meanwhile the host does not know, and cannot change itself", async () => {
  await link.apply(disksFor("second"));
  const env = { NATS_URL: link.leaf.url, UDEVNS_HOST: HOST };
  const { code, stderr } = await udevnsResult(env, "policy", "apply", join(link.directory, "policy.yaml"));
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("UDEVNS_E_BUS_COPY") });
  await edge.plug(4);
  await given("paper2 first", "paper3 first", "paper4 first");
});

test("healed, both sides agree, and the audit has what happened meanwhile, once and in its order", async () => {
  link.mend();
  await given("paper2 second", "paper3 second", "paper4 second");
  await link.agree();
  const meanwhile = ["paper1 owned first", "paper2 owned first", "paper3 owned first", "paper9 owned first"];
  // A policy service that starts anew says again what it finds decided, as it does without a cut.
  const distinct = async () => [...new Set(await decisions())];
  await until(async () => (await distinct()).length >= 8, "the audit at the hub");
  const once = await distinct();
  expect(once.slice(0, 5)).toEqual([...meanwhile, "paper4 owned first"]);
  expect(once.slice(5).sort()).toEqual(["paper2 owned second", "paper3 owned second", "paper4 owned second"]);
  const stored = await link.audit(subjects.audit(HOST, "decision"));
  expect(new Set(stored.map((record) => JSON.stringify(record))).size).toBe(stored.length);
});

test("a claim that is made at the hub while the host is cut off holds when it is back", async () => {
  link.cut();
  const device = JSON.parse((await new Bucket(link.atHub, bucketNames.grants).list(`${HOST}.`))[0]?.value ?? "{}") as {
    device: { devname: string };
  };
  expect(device.device.devname).toMatch(/^paper/);
  const identity = ((await link.audit(subjects.audit(HOST, "decision"))) as DecisionRecord[]).find(({ unit }) =>
    unit.endsWith("/paper2"),
  )?.identity as string;
  const claims = new Bucket(link.atHub, bucketNames.claims);
  const key = `${HOST}.${token(identity)}`;
  // Thought better of it once: the leaf hears of the second claim alone.
  let revision = await claims.replace(key, JSON.stringify(claimFor(identity, "second")), 0);
  revision = await claims.replace(key, JSON.stringify(claimFor(identity, "first")), revision ?? 0);
  expect(await claims.replace(key, "what somebody else wrote meanwhile is kept", 1)).toBeUndefined();
  await edge.plug(5);
  await given("paper2 second", "paper3 second", "paper4 second", "paper5 second");
  link.mend();
  await given("paper2 first", "paper3 second", "paper4 second", "paper5 second");
  await link.agree();
});
