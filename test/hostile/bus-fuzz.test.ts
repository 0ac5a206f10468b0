import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import type { TSchema } from "@sinclair/typebox";
import { tap } from "@udevns/bus";
import {
  AttachRequest,
  bucketNames,
  Claim,
  ContainerRecord,
  DetachRequest,
  DeviceRecord,
  DevnodeWork,
  decode,
  Empty,
  Grant,
  HostRecord,
  InjectWork,
  Lease,
  PolicyRecord,
  type ServiceRole,
  subjects,
  token,
  UeventMessage,
} from "@udevns/protocol";
import fc from "fast-check";
import { arbitraryOf, nearly } from "../../libs/protocol/test/support/arbitrary.ts";
import { type LoneService, type LoneServices, startBusForServices } from "../support/lone-services.ts";
import { until } from "../support/until.ts";

/** `UDEVNS_FUZZ_SECONDS=600` goes on for ten minutes with each service; else each is brief. */
const seconds = Number(process.env.UDEVNS_FUZZ_SECONDS ?? 0);
const EACH = 60;
jest.setTimeout(180_000 + seconds * 2_000);

/** A subject that a service reads, and what it expects there. */
interface Feed {
  readonly schema: TSchema;
  readonly subject: (host: string, round: number) => string;
}

const entry = (bucket: keyof typeof bucketNames, schema: TSchema, rest = ""): Feed => ({
  schema,
  subject: (host, round) => `$KV.${bucketNames[bucket]}.${token(host)}.k${round % 20}${rest}`,
});
const feeds: Readonly<Record<Exclude<ServiceRole, "console">, readonly Feed[]>> = {
  capture: [
    { schema: Empty, subject: (host) => subjects.rpc(host, "scan") },
    { schema: PolicyRecord, subject: () => `$KV.${bucketNames.policy}.policy` },
  ],
  inventory: [
    { schema: AttachRequest, subject: (host) => subjects.rpc(host, "attach") },
    { schema: DetachRequest, subject: (host) => subjects.rpc(host, "detach") },
  ],
  policy: [
    { schema: UeventMessage, subject: (host) => subjects.uevent(host, "fuzz", "add") },
    entry("containers", ContainerRecord),
    entry("claims", Claim),
    { schema: PolicyRecord, subject: () => `$KV.${bucketNames.policy}.policy` },
  ],
  devnode: [
    { schema: DevnodeWork, subject: (host) => subjects.devnodeWork(host, "fuzz") },
    entry("containers", ContainerRecord),
  ],
  injector: [{ schema: InjectWork, subject: (host) => subjects.injectWork(host, "fuzz") }],
};
/** What decides who works at all: read last, as there may be nothing to read for whoever has lost it. */
const leases: readonly Feed[] = [
  { schema: Lease, subject: (host) => `$KV.${bucketNames.leases}.${token(host)}.lease` },
  { schema: HostRecord, subject: (host) => `$KV.${bucketNames.hosts}.${token(host)}` },
];
/** What a service reads when it starts. */
const levels: readonly Feed[] = [
  entry("devices", DeviceRecord),
  entry("grants", Grant, ".g"),
  entry("containers", ContainerRecord),
  entry("claims", Claim),
  { schema: Lease, subject: (host) => `$KV.${bucketNames.positions}.${token(host)}.policy` },
];

let services: LoneServices;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "udevns-fuzz-"));
  const policy = join(directory, "policy.yaml");
  writeFileSync(
    policy,
    'version: 1\nrules:\n  - { name: all, match: { devpath: "*" }, give: { container: "*", share: true } }\n',
  );
  services = await startBusForServices({ UDEVNS_POLICY: policy, UDEVNS_RUNTIMES: "none" });
});
afterAll(async () => {
  await services?.stop();
  rmSync(directory, { recursive: true, force: true });
});

let rounds = 0;
/** Publishes messages that fit, messages that nearly do, and bytes. @returns how many are none */
async function publish({ schema, subject }: Feed, seed: number): Promise<number> {
  const sample = <T>(arbitrary: fc.Arbitrary<T>) => fc.sample(arbitrary, { numRuns: EACH, seed });
  const texts = [
    ...[...sample(arbitraryOf(schema)), ...sample(nearly(schema))].map((value) => JSON.stringify(value) ?? ""),
    ...sample(fc.uint8Array({ maxLength: 30 })).map((bytes) => Buffer.from(bytes).toString("latin1")),
  ];
  for (const text of texts) services.bus.nc.publish(subject(services.host, rounds++), text);
  await services.bus.nc.flush();
  return texts.filter((text) => !fits(schema, text)).length;
}

function fits(schema: TSchema, text: string): boolean {
  try {
    decode(schema, text, "fuzz");
    return true;
  } catch {
    return false;
  }
}

const roles = Object.keys(feeds) as (keyof typeof feeds)[];

test.each(roles)("%s starts beside levels that are none of ours, and lives through any message", async (role) => {
  for (const feed of levels) await publish(feed, 1);
  const service: LoneService = await services.start(role);
  const end = Date.now() + seconds * 1_000;
  for (let seed = 1; seed === 1 || Date.now() < end; seed += 1) {
    let bad = 0;
    const dropped = () => services.status(role)?.counters.messages_dropped ?? 0;
    const before = dropped();
    for (const feed of feeds[role]) bad += await publish(feed, seed);
    // Requests are answered with the fault instead.
    if (role !== "inventory" && role !== "capture") await until(() => dropped() > before, `${bad} messages dropped`);
    isWell(service);
  }
  for (const feed of leases) await publish(feed, 1);
  const beats: unknown[] = [];
  const stop = tap(services.bus, subjects.status(services.host, role), () => beats.push(0));
  await until(() => beats.length > 1, "two more heartbeats");
  stop();
  isWell(service);
  expect(await service.stop()).toBe(0);
});

const isWell = (service: LoneService) =>
  expect({ alive: existsSync(`/proc/${service.pid}`), log: fatal(service) }).toEqual({ alive: true, log: [] });

const fatal = (service: LoneService): string[] =>
  service
    .log()
    .split("\n")
    .filter((line) => /"level":"fatal"|unexpected error|\n\s+at /.test(line));
