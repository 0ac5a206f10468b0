import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Listener, listenIn } from "../support/listener.ts";
import { type LoneServices, startBusForServices } from "../support/lone-services.ts";
import { pokeUevent } from "../support/synthetic.ts";
import type { Throwaway } from "../support/throwaway.ts";
import { hearCapture } from "../support/uevent-log.ts";
import { until } from "../support/until.ts";
import { attackFromHost, attackOnce } from "./support/attacker.ts";
import { kinds, startSpecial } from "./support/containers.ts";

// CVE-2009-1185 (udev), CVE-2012-6689: events that no kernel sent. test/integration/capture-forged.test.ts has those of a host's root.

const NULL = "/devices/virtual/mem/null";
const FORGED = "add@/devices/forged|ACTION=add|DEVPATH=/devices/forged|SUBSYSTEM=block|DEVNAME=forged|SEQNUM=1";
const KERNEL_AND_UDEV = "3";

let services: LoneServices;
let heard: Awaited<ReturnType<typeof hearCapture>>;
let pokes = 0;

beforeAll(async () => {
  services = await startBusForServices();
  await services.start("capture");
  heard = await hearCapture(services);
});
afterAll(() => services?.stop());
beforeEach(() => {
  heard.length = 0;
});

/** A true event, sent after the forged ones, has come through: they would have come before it. */
async function nothingForged(): Promise<void> {
  pokeUevent(NULL, pokes++);
  await until(() => heard.some(({ event }) => event.devpath === NULL), "a true event behind the forged ones");
  expect(heard.filter(({ event }) => event.devpath.includes("forged"))).toEqual([]);
}

describe.each(kinds)("root in a $kind container", ({ userns }) => {
  let attacker: Throwaway;
  let other: Throwaway;
  let ear: Listener;
  let own: Listener;
  beforeEach(async () => {
    attacker = await startSpecial({ userns });
    other = await startSpecial({ userns });
    ear = listenIn(other);
    own = listenIn(attacker);
  });
  afterEach(async () => {
    ear.close();
    own.close();
    await attacker.stop();
    await other.stop();
  });

  test("may send itself what it likes, and reaches neither the host nor another container", async () => {
    expect(attackOnce(attacker, "forge", KERNEL_AND_UDEV, FORGED)).toBe("kernel: sent");
    await until(() => own.events.some(({ devpath }) => devpath === "/devices/forged"), "its own listener to hear it");
    await nothingForged();
    expect(ear.events.filter(({ devpath }) => devpath.includes("forged"))).toEqual([]);
  });
});

test("a process of the host without rights is refused by the kernel", async () => {
  const nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
  expect(attackFromHost(nobody, "forge", KERNEL_AND_UDEV, FORGED)).toBe(
    "group: Operation not permitted\nkernel: Operation not permitted",
  );
  await nothingForged();
});

test("what a container on the host's network sends with NET_ADMIN is counted, dropped and never published", async () => {
  const foreign = () => services.status("capture")?.counters.uevents_dropped_foreign ?? 0;
  const before = foreign();
  const netAdmin = ["setpriv", "--bounding-set", "-all,+net_admin", "--inh-caps", "-all"];
  expect(attackFromHost(netAdmin, "forge", KERNEL_AND_UDEV, FORGED)).toBe("kernel: Operation not permitted");
  await nothingForged();
  await until(() => foreign() > before, "the count");
});
