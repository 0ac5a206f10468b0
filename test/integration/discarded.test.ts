import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Bucket } from "@udevns/bus";
import { bucketNames, DeviceRecord, decodeEntries, Grant, streamNames, token } from "@udevns/protocol";
import { PaperHost } from "../cluster/support/paper-host.ts";
import { type LoneServices, startBusForServices } from "../support/lone-services.ts";
import { pokeUevent } from "../support/synthetic.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

// A real capture and a real policy, with a log that a short storm overflows, and a container that is but a record.
const BYTES = 768 << 10;
/** Written between two looks at the log. */
const WAVE = 200;

let services: LoneServices;
const zrams: Zram[] = [];

beforeAll(async () => {
  services = await startBusForServices({}, BYTES);
}, 60_000);
afterAll(async () => {
  await services?.stop();
  for (const zram of zrams) zram.unplug();
}, 60_000);

function plug() {
  const zram = plugZram();
  zrams.push(zram);
  return zram;
}

const here = () => `${token(services.host)}.`;
const levels = async (bucket: string) =>
  (await new Bucket(services.bus, bucket).list(here())).map(({ key, value }) => ({ key, value: value ?? "" }));
const fault = (error: unknown): never => {
  throw error;
};
const given = async () => decodeEntries(Grant, await levels(bucketNames.grants), fault).map(({ device }) => device);
const known = async () =>
  decodeEntries(DeviceRecord, await levels(bucketNames.devices), fault).filter(
    ({ subsystem }) => subsystem === "block",
  );
const present = () => readdirSync("/sys/class/block").sort();
/** Of these, the container has those that there are. */
async function isGiven(zrams: readonly Zram[]): Promise<boolean> {
  const [has, there] = [names(await given()), present()];
  return zrams.every(({ name }) => has.includes(name) === there.includes(name));
}
const names = (devices: readonly DeviceRecord[]) => devices.map(({ devname = "" }) => devname).sort();
const log = async () => (await services.bus.jsm.streams.info(streamNames.uevent(services.host))).state;

/** Uevents of one device until the log has dropped all that it has now. */
async function overflow(devpath: string): Promise<void> {
  const { last_seq: last } = await log();
  for (let seen = await log(); seen.first_seq <= last + 1; seen = await log()) {
    for (let number = 0; number < WAVE; number += 1) pokeUevent(devpath, number);
    await until(async () => (await log()).last_seq > seen.last_seq, "capture to have said some of it");
  }
}

test("policy's view of a host is right again, without anybody's hand, after its log has dropped what policy had not read", async () => {
  const { bus, host } = services;
  const [gone, storm] = [plug(), plug()];
  const policyFile = join(services.runDir, "..", "policy.yaml");
  writeFileSync(
    policyFile,
    "version: 1\nrules:\n  - {name: disks, match: {subsystem: block}, give: {container: guest}}\n",
  );
  const env = { UDEVNS_POLICY: policyFile };
  const capture = await services.start("capture");
  await (await PaperHost.open(bus, host)).startContainer("guest");
  const first = await services.start("policy", { env });
  await until(async () => isGiven([gone, storm]), "the disks to be given", 30_000);
  await first.stop();

  // In this order, or the new one would have the number of the other.
  const came = plug();
  gone.unplug();
  await overflow(storm.devpath);
  expect(names(await known())).toContain(gone.name);
  expect(names(await known())).not.toContain(came.name);

  const second = await services.start("policy", { env });
  await until(() => second.log().includes("went by its limits"), "policy to say that it has missed something", 30_000);
  await until(
    async () => names(await known()).join() === present().join(),
    "what is known to be what there is",
    30_000,
  );
  await until(async () => isGiven([gone, storm, came]), "those that are there to be given, and no other", 30_000);
  expect(services.status("capture")?.pid).toBe(capture.pid);
}, 180_000);
