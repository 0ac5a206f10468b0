import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Bucket, type Bus, connectBus, leafDomain, provision, readLog } from "@udevns/bus";
import { type bucketNames, bucketNames as buckets, streamNames } from "@udevns/protocol";
import { freePort, startNatsServer, type TestServer } from "../../support/nats-server.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";
import { udevns } from "../../support/udevns-command.ts";
import { until } from "../../support/until.ts";
import type { CleanUps } from "./clean-ups.ts";

/** A hub and one host's own server, by the shipped configurations, with a link between them that can be cut. */
export interface LeafLink {
  readonly directory: string;
  readonly hub: TestServer;
  readonly leaf: TestServer;
  readonly atHub: Bus;
  readonly atLeaf: Bus;
  cut(): void;
  mend(): void;
  /** Puts a policy in force at the hub, as an administrator would. */
  apply(text: string): Promise<void>;
  /** Provisions both sides, as docs/operations.md has it. @returns what was done */
  provision(): ReturnType<typeof provision>;
  /** What a bucket says of the host, in an order that does not matter. */
  level(side: Bus, bucket: keyof typeof bucketNames): Promise<string[]>;
  /** Messages of the hub's audit with that subject, in its order. */
  audit(subject: string): Promise<unknown[]>;
  /** Waits until both sides say the same of the host in the levels that the hub gathers. */
  agree(): Promise<void>;
}

const gathered = ["devices", "containers", "grants"] as const;

export async function startLeafLink(host: string, cleanUps: CleanUps): Promise<LeafLink> {
  const directory = mkdtempSync(join(tmpdir(), "udevns-leaf-"));
  cleanUps.add(() => rmSync(directory, { recursive: true }));
  const leafPort = await freePort();
  const proxy = await startTcpProxy(leafPort);
  cleanUps.add(() => proxy.close());
  // Else the hub tells its leaves the address behind the proxy (`no_advertise` does not keep it from that), and a cut cuts nothing.
  const listen = `127.0.0.1:${leafPort}\n  advertise: "127.0.0.1:${proxy.port}"`;
  const storeOf = (name: string) => join(directory, `${name}.store`);
  const hubConfig = shipped(directory, "hub.conf", { "0.0.0.0:7422": listen });
  const hub = await startNatsServer({ config: hubConfig, store: storeOf("hub.conf") });
  cleanUps.add(() => hub.close());
  const config = shipped(directory, "leaf.conf", {
    $UDEVNS_NATS_NAME: leafDomain(host),
    $UDEVNS_NATS_HUB: `nats://127.0.0.1:${proxy.port}\n      `,
  });
  const leaf = await startNatsServer({ config, store: storeOf("leaf.conf") });
  cleanUps.add(() => leaf.close());
  const [atHub, atLeaf] = await Promise.all(
    [hub, leaf].map(({ url }) => connectBus({ url, name: "test", wait: true })),
  );
  if (atHub === undefined || atLeaf === undefined) throw new Error("no connection");
  for (const bus of [atHub, atLeaf]) cleanUps.add(() => bus.close());
  const level: LeafLink["level"] = async (side, bucket) =>
    (await new Bucket(side, buckets[bucket]).list(`${host}.`)).map(({ key, value }) => `${key} ${value}`).sort();
  const same = async () => {
    const sides = await Promise.all(
      gathered.map((bucket) => Promise.all([level(atHub, bucket), level(atLeaf, bucket)])),
    );
    return sides.every(([there, here]) => JSON.stringify(there) === JSON.stringify(here));
  };
  /** What each side says, and how the hub's server sees its source. */
  const differences = async () => {
    const told = gathered.map(async (bucket) => {
      const { state, sources } = await atHub.jsm.streams.info(`KV_${buckets[bucket]}`);
      const levels = { hub: await level(atHub, bucket), leaf: await level(atLeaf, bucket) };
      return JSON.stringify({ bucket, ...levels, lastAtHub: state.last_seq, sources });
    });
    return (await Promise.all(told)).join("\n");
  };
  const link: LeafLink = {
    directory,
    hub,
    leaf,
    atHub,
    atLeaf,
    cut: proxy.cut,
    mend: proxy.mend,
    apply: async (text) => {
      const file = join(directory, "policy.yaml");
      writeFileSync(file, text);
      await udevns({ NATS_URL: hub.url, UDEVNS_HOST: host }, "policy", "apply", file);
    },
    provision: async () => [
      ...(await provision(atHub, { hosts: [], replicas: 1, leaves: [host] })),
      ...(await provision(atLeaf, { hosts: [host], replicas: 1, hub: "hub" })),
    ],
    level,
    audit: async (subject) => {
      const stored = await readLog(atHub, streamNames.audit, { sequence: 1 });
      return stored
        .filter((message) => message.subject === subject)
        .map(({ data }) => JSON.parse(Buffer.from(data).toString()) as unknown);
    },
    agree: () =>
      until(same, "both sides to agree").catch(async (error: Error) => {
        throw new Error(`${error.message}\n${await differences()}`);
      }),
  };
  await link.provision();
  return link;
}

/** The shipped configuration, with what a test cannot have: users, certificates and fixed ports left out. */
function shipped(directory: string, name: string, changes: Record<string, string>): string {
  const file = fileURLToPath(new URL(`../../../infra/nats/${name}`, import.meta.url));
  let text = readFileSync(file, "utf8")
    .replace(/^(listen|http|include).*$/gm, "")
    .replace(/^ *tls \{[^}]*\}/gm, "")
    .replace(/store_dir.*/, `store_dir: "${join(directory, `${name}.store`)}"`);
  for (const [from, to] of Object.entries(changes)) text = text.replaceAll(from, to);
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}
