import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Bucket, type Bus, connectBus, provision } from "@udevns/bus";
import { bucketNames } from "@udevns/protocol";
import { startNatsServer, type TestServer } from "../support/nats-server.ts";

let server: TestServer;
let bus: Bus;
let bucket: Bucket;

beforeAll(async () => {
  server = await startNatsServer();
  bus = await connectBus({ url: server.url, name: "test", wait: true });
  await provision(bus, { hosts: [], replicas: 1 });
  bucket = new Bucket(bus, bucketNames.claims);
});
afterAll(async () => {
  await bus.close();
  await server.close();
});

test("gives back what was put, and nothing for a key that never was", async () => {
  const revision = await bucket.put("h.a", "1");
  expect(await bucket.get("h.a")).toEqual({ key: "h.a", value: "1", revision });
  expect(await bucket.get("h.never")).toBeUndefined();
});

test("refuses to replace at a revision that somebody has passed", async () => {
  const first = (await bucket.replace("h.b", "1", 0)) as number;
  expect(await bucket.replace("h.b", "2", first)).toBeGreaterThan(first);
  expect(await bucket.replace("h.b", "3", first)).toBeUndefined();
  expect(await bucket.replace("h.b", "3", 0)).toBeUndefined();
  expect((await bucket.get("h.b"))?.value).toBe("2");
});

test("lets a key be made anew after it was removed", async () => {
  const first = (await bucket.replace("h.c", "1", 0)) as number;
  expect(await bucket.remove("h.c", first)).toBe(true);
  expect(await bucket.get("h.c")).toBeUndefined();
  expect(await bucket.replace("h.c", "2", 0)).toBeGreaterThan(first);
});

test("lists the entries below a prefix without the deleted ones", async () => {
  await bucket.put("list.a", "1");
  await bucket.put("list.b", "2");
  await bucket.put("other.c", "3");
  await bucket.delete("list.a");
  expect((await bucket.entries("list.", "list-reader")).map(({ key }) => key)).toEqual(["list.b"]);
});

test("lists nothing in an empty bucket", async () => {
  expect(await new Bucket(bus, bucketNames.grants).entries("", "empty-reader")).toEqual([]);
});
