import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Bucket, type Bus, connectBus, LogWriter, provision, readLog } from "@udevns/bus";
import { bucketNames, streamNames, subjects } from "@udevns/protocol";
import { startNatsServer, type TestServer } from "../support/nats-server.ts";

const stream = streamNames.uevent("h");
const subject = subjects.uevent("h", "block", "add");
const directory = mkdtempSync(join(tmpdir(), "udevns-unfit-"));
const unfit: string[] = [];
let server: TestServer;
let bus: Bus;

beforeAll(async () => {
  const config = join(directory, "small.conf");
  const store = join(directory, "store");
  writeFileSync(config, `max_payload: 65536\njetstream { store_dir: "${store}" }\n`);
  server = await startNatsServer({ config, store });
  bus = await connectBus({ url: server.url, name: "test", wait: true, onUnfit: ({ code }) => unfit.push(code) });
  await provision(bus, { hosts: ["h"], replicas: 1 });
});
afterAll(async () => {
  await bus.close();
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

const write = async (...sizes: number[]): Promise<(number | string)[]> => {
  const writer = await LogWriter.open(bus, stream);
  const stored = sizes.map((size, at) => writer.publish(subject, "x".repeat(size), `${sizes}-${at}`));
  return await Promise.all(stored.map((each) => each.catch(({ code }: { code: string }) => code)));
};

test("a message above the server's max_payload is given up; what is behind it is stored, in order", async () => {
  expect(await write(10, 100_000, 20, 30)).toEqual([1, "UDEVNS_E_BUS_UNFIT", 2, 3]);
  expect(unfit).toEqual(["UDEVNS_E_BUS_UNFIT"]);
  const sizes = (await readLog(bus, stream, { sequence: 1 })).map(({ data }) => data.length - 2);
  expect(sizes).toEqual([10, 20, 30]);
});

test("so is one above the stream's max_msg_size", async () => {
  await bus.jsm.streams.update(stream, { max_msg_size: 1_000 });
  expect(await write(10, 2_000, 20)).toEqual([4, "UDEVNS_E_BUS_UNFIT", 5]);
});

test("a key that the bucket never takes is told to whoever writes it, at once", async () => {
  const bucket = new Bucket(bus, bucketNames.devices);
  await expect(bucket.put("h.large", "x".repeat(100_000))).rejects.toMatchObject({ code: "UDEVNS_E_BUS_UNFIT" });
  await bucket.put("h.small", "x");
  expect((await bucket.list("h.")).map(({ key }) => key)).toEqual(["h.small"]);
});
