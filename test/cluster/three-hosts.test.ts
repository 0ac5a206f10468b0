import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type BusUser, keyFile, permissions, userName } from "@udevns/bus";
import { type Listener, listenIn } from "../support/listener.ts";
import { type ServiceProcess, startService } from "../support/service.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";
import { CleanUps } from "./support/clean-ups.ts";
import { KEYS, type NamespacedHost, startBridge, startConnected } from "./support/namespaced-host.ts";
import { startServerOn } from "./support/namespaced-server.ts";
import { publishRows, subscribeRows } from "./support/permission-table.ts";
import { tryAll } from "./support/try-all.ts";

// Three hosts with a network, mounts and a name of their own, on a bridge with the server's; each has its own keys and no others.
const HOSTS = ["a", "b", "c"] as const;
const roles = ["capture", "inventory", "policy", "devnode", "injector"] as const;

const cleanUps = new CleanUps();
const hosts = new Map<string, NamespacedHost>();
let middle: NamespacedHost;
let url: string;
/** Of a server without streams, as what is permitted there is done there. */
let attempted: string;

const at = (name: string): NamespacedHost => hosts.get(name) as NamespacedHost;
const usersOf = (host: string) => roles.map((role) => ({ kind: "service", role, host }) as const satisfies BusUser);
/** What an administrator is given, who sits where the server is. */
const admin = (host: string) => ({ NATS_URL: url, UDEVNS_CREDENTIALS: KEYS, UDEVNS_HOST: host });
const ofHost = (host: string) => ({ NATS_URL: url, UDEVNS_CREDENTIALS: KEYS, UDEVNS_HOST: host });

beforeAll(async () => {
  middle = await startBridge("middle");
  cleanUps.add(() => middle.stop());
  const names = ["--hosts", HOSTS.join(), "--server-names", middle.address];
  await middle.udevns({}, "provision", "--credentials", KEYS, ...names);
  for (const [index, name] of HOSTS.entries()) {
    const host = await startConnected(middle, name, 11 + index);
    cleanUps.add(() => host.stop());
    host.takeKeys(middle, ["ca.pem", ...usersOf(name).map(keyFile)]);
    hosts.set(name, host);
  }
  url = await startServerOn(middle, KEYS, cleanUps);
  attempted = await startServerOn(middle, KEYS, cleanUps);
  await middle.udevns(admin("a"), "provision", "--hosts", HOSTS.join());
});
afterAll(() => cleanUps.run());

describe.each(HOSTS)("on host %s", (name) => {
  test("there are its own keys and no others", () => {
    expect(readdirSync(at(name).path(KEYS)).sort()).toEqual(["ca.pem", ...usersOf(name).map(keyFile)].sort());
  });

  test.each(roles)("%s is refused every subject of the table that it has no right to", async (role) => {
    const user = { kind: "service", role, host: name } as const;
    const refused = await tryAll(at(name), attempted, user, {
      publish: publishRows.map(({ subject }) => subject),
      subscribe: subscribeRows.map(({ subject }) => subject),
    });
    const forbidden = (rows: typeof publishRows) =>
      rows.filter(({ by }) => !by.includes(userName(user))).map(({ subject }) => subject);
    expect(refused).toEqual({ publish: forbidden(publishRows), subscribe: forbidden(subscribeRows) });
  });

  test("no service may do anything that another host's may do about that host", async () => {
    const others = HOSTS.filter((each) => each !== name);
    const about = (host: string, kind: "publish" | "subscribe") =>
      usersOf(host)
        .flatMap((user) => permissions(user)[kind])
        .filter((right) => new RegExp(`(^|[._-])${host}(\\.|$)`).test(right))
        .map((right) => right.replace(/[*>]/g, "x"));
    const wanted = {
      publish: [...new Set(others.flatMap((host) => about(host, "publish")))],
      subscribe: [...new Set(others.flatMap((host) => about(host, "subscribe")))],
    };
    expect(wanted.publish.length).toBeGreaterThan(100);
    for (const user of usersOf(name)) expect(await tryAll(at(name), attempted, user, wanted)).toEqual(wanted);
  });
});

describe("with the services of all three", () => {
  interface Guest {
    readonly container: Throwaway;
    readonly listener: Listener;
    readonly disk: Zram;
  }
  const services: ServiceProcess[] = [];
  const guests = new Map<string, Guest>();
  const guestOf = (host: string) => guests.get(host) as Guest;

  beforeAll(async () => {
    for (const host of HOSTS) {
      const disk = plugZram();
      cleanUps.add(() => disk.unplug());
      const container = await startThrowaway("desk", { userns: host === "b", wrap: at(host).enter });
      cleanUps.add(() => container.stop());
      const listener = listenIn(container);
      cleanUps.add(() => listener.close());
      guests.set(host, { container, listener, disk });
    }
    const rules = HOSTS.map(
      (host) =>
        `  - name: the disk of ${host}\n    match: { host: ${host}, devname: ${guestOf(host).disk.name} }\n    give: { container: desk }\n`,
    );
    await middle.run({}, ["sh", "-c", "cat > /run/policy.yaml"], `version: 1\nrules:\n${rules.join("")}`);
    await middle.udevns(admin("a"), "policy", "apply", "/run/policy.yaml");
    for (const host of HOSTS) {
      for (const role of roles) {
        const env = { ...ofHost(host), UDEVNS_POLICY: "/run/none.yaml", UDEVNS_RUNTIMES: "none" };
        const service = startService(role, env, at(host).enter);
        cleanUps.add(() => service.stop());
        services.push(service);
      }
      await until(() => isReady(host), `the services of ${host}`, 90_000).catch((error: Error) => {
        throw new Error([error.message, ...services.map(({ role, log }) => `${role}: ${log()}`)].join("\n"));
      });
      await middle.udevns(admin(host), "attach", "desk", "--pid", String(guestOf(host).container.pid));
    }
  }, 300_000);

  const isReady = (host: string): Promise<boolean> =>
    middle.udevns(admin(host), "status", "--wait").then(
      () => true,
      () => false,
    );

  /** The disks of all hosts that are in the container of this one. */
  async function disksIn(host: string): Promise<string[]> {
    const found: string[] = [];
    for (const other of HOSTS) {
      const { code } = await guestOf(host).container.run(`test -b /dev/${guestOf(other).disk.name}`);
      if (code === 0) found.push(other);
    }
    return found;
  }

  test("each host's container gets that host's device, and none of another's", async () => {
    for (const host of HOSTS) await until(async () => (await disksIn(host)).includes(host), `the disk of ${host}`);
    for (const host of HOSTS) {
      const { listener, disk } = guestOf(host);
      await until(() => listener.actions(disk.devpath).length > 0, `add on ${host}`);
      expect([host, await disksIn(host)]).toEqual([host, [host]]);
      for (const other of HOSTS)
        expect(guestOf(host).listener.actions(guestOf(other).disk.devpath)).toEqual(other === host ? ["add"] : []);
    }
  }, 200_000);

  test("each host hears of its own network's devices alone", async () => {
    for (const host of HOSTS)
      await at(host).run({}, ["ip", "link", "add", `only-${host}`, "type", "veth", "peer", "name", "end"]);
    const linksOf = async (host: string): Promise<string[]> => {
      const devices = JSON.parse(await middle.udevns(admin(host), "devices", "--all", "--json")) as {
        devpath: string;
      }[];
      return devices
        .map(({ devpath }) => devpath.slice(devpath.lastIndexOf("/") + 1))
        .filter((each) => /^only-/.test(each));
    };
    for (const host of HOSTS) {
      await until(async () => (await linksOf(host)).length > 0, `the link of ${host}`);
      expect(await linksOf(host)).toEqual([`only-${host}`]);
    }
  }, 200_000);

  test("and is told of its removal, with no service refused anything meanwhile", async () => {
    for (const host of HOSTS) guestOf(host).disk.unplug();
    for (const host of HOSTS) {
      const { listener, disk } = guestOf(host);
      await until(() => listener.actions(disk.devpath).includes("remove"), `the removal on ${host}`);
      expect(listener.actions(disk.devpath)).toEqual(["add", "remove"]);
      await until(async () => (await disksIn(host)).length === 0, `the node on ${host} to go`);
    }
    const complaints = services.filter((service) => /Permissions Violation|BUS_DENIED/i.test(service.log()));
    expect(complaints.map(({ role, log }) => `${role}: ${log()}`)).toEqual([]);
  }, 200_000);
});
