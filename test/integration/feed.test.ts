import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Bucket, type Bus, connectBus, provision } from "@udevns/bus";
import { bucketNames, Claim } from "@udevns/protocol";
import { Feed } from "../../services/policy/src/feed.ts";
import { startNatsServer, type TestServer } from "../support/nats-server.ts";
import { until } from "../support/until.ts";

let server: TestServer;
let bus: Bus;
let bucket: Bucket;
let consumers = 0;

const claim = (host: string, unit: string, who: string): Claim => ({
  v: 1,
  host,
  unit,
  containers: ["c"],
  share: false,
  who,
  when: "2026-01-01T00:00:00.000Z",
});
const put = (host: string, unit: string, who = "kim") =>
  bucket.put(`${host}.${unit}`, JSON.stringify(claim(host, unit, who)));

async function openFeed(prefix = ""): Promise<Feed<typeof Claim>> {
  const consumer = `feed-${consumers++}`;
  const feed = new Feed(bus, { bucket: bucketNames.claims, schema: Claim, consumer, prefix });
  await feed.caughtUp;
  return feed;
}

/** What is told of a host from now on: `who unit`, or `- unit`. */
function ear(feed: Feed<typeof Claim>, host: string): string[] {
  const heard: string[] = [];
  feed.follow(host, (now, last) => heard.push(`${now?.who ?? "-"} ${last.unit}`));
  return heard;
}

beforeAll(async () => {
  server = await startNatsServer();
  bus = await connectBus({ url: server.url, name: "test", wait: true });
  await provision(bus, { hosts: [], replicas: 1 });
  bucket = new Bucket(bus, bucketNames.claims);
  await put("north", "a");
  await put("south", "b");
});
afterAll(async () => {
  await bus.close();
  await server.close();
});

test("knows what there is when it has caught up, host by host, also of a bucket that is empty", async () => {
  const feed = await openFeed();
  expect(feed.of("north")).toEqual([claim("north", "a", "kim")]);
  expect(feed.of("south")).toEqual([claim("south", "b", "kim")]);
  expect(feed.of("west")).toEqual([]);
  await (await openFeed("west.")).close();
  await feed.close();
});

test("tells a host's follower what there is, then each change, and of no other host", async () => {
  const feed = await openFeed();
  const heard = ear(feed, "north");
  expect(heard).toEqual(["kim a"]);
  await put("south", "c");
  await put("north", "a", "lee");
  await bucket.delete("north.a");
  await until(() => heard.length === 3, "the changes");
  expect(heard).toEqual(["kim a", "lee a", "- a"]);
  feed.leave("north");
  await put("north", "d");
  await until(() => feed.of("north").length === 1, "the feed to have it");
  expect(heard).toHaveLength(3);
  await feed.close();
});

test("tells of a deletion also who follows only after it", async () => {
  const feed = await openFeed();
  const before = feed.of("south");
  await bucket.delete("south.b");
  await until(() => feed.of("south").length === before.length - 1, "the feed to have it");
  expect(ear(feed, "south")).toContain("- b");
  await feed.close();
});

test("passes over what is no record, and goes on", async () => {
  const feed = await openFeed("east.");
  await bucket.put("east.x", "no claim");
  await put("east", "y");
  await until(() => feed.of("east").length === 1, "the record behind it");
  expect(feed.of("east")).toEqual([claim("east", "y", "kim")]);
  await feed.close();
});

test("keeps no name of what is gone, once nobody can ask for it", async () => {
  const feed = await openFeed("away.");
  await put("away", "x");
  await until(() => feed.of("away").length === 1, "the record");
  await bucket.delete("away.x");
  await until(() => feed.of("away").length === 0, "its end");
  expect(ear(feed, "away")).toEqual(["- x"]);
  expect(ear(feed, "away")).toEqual([]);
  await put("away", "y");
  await bucket.delete("away.y");
  await put("away", "z");
  feed.leave("away");
  await until(() => feed.of("away").length === 1, "the record behind");
  expect(ear(feed, "away")).toEqual(["kim z"]);
  await feed.close();
});
