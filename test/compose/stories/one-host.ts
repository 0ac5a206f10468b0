import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { publicKeyOf } from "@udevns/bus";
import { plugZram, type Zram } from "../../support/zram.ts";
import { type Composed, composeHost, type Images, ours } from "../support/composed.ts";
import { Owner } from "../support/owner.ts";
import { leastPrivilege } from "./least-privilege.ts";

const services = [...ours, "nats"] as const;

/** Each service of a host is killed and updated in turn, with an event meanwhile. */
export function oneHost(images: () => Images): void {
  let composed: Composed;
  let owner: Owner;
  let disk: Zram;
  /** Unplugged while nobody listens. */
  let other: Zram;

  beforeAll(async () => {
    composed = composeHost(images());
    const { cleanUps } = composed;
    [disk, other] = [plugZram(), plugZram()];
    for (const zram of [disk, other]) cleanUps.add(() => zram.unplug());
    composed.writePolicy(
      `version: 1\nrules:\n  - name: disks\n    match: { devname: [${disk.name}, ${other.name}] }\n    give: { container: guest }\n`,
    );
    composed.up();
    for (const service of services) await composed.healthy(service);
    owner = await Owner.start(images().dockerd, "guest", cleanUps);
  }, 180_000);
  afterAll(() => composed?.stop());

  const pidOf = async (service: string): Promise<number> => (await composed.container(service).inspect()).State.Pid;

  async function pokeAndHear(): Promise<void> {
    const number = owner.poke(disk);
    await composed.eventually(() => owner.heard(disk).includes(number), `event ${number} in the container`);
  }

  /** As docs/operations.md has it. */
  function renewKeys(): void {
    composed.compose("run", "--rm", "--no-deps", "credentials");
    composed.compose("exec", "-T", "nats", "nats-server", "--signal", "reload=1");
  }

  test("a device reaches a container", async () => {
    for (const zram of [disk, other]) await composed.eventually(() => owner.has(zram), `${zram.name} in the container`);
    await pokeAndHear();
  });

  test.each(services)(
    "%s is killed and comes back, and what the kernel says meanwhile is heard",
    async (service) => {
      const before = await pidOf(service);
      process.kill(before, "SIGKILL");
      await pokeAndHear();
      await composed.eventually(async () => ![0, before].includes(await pidOf(service)), `${service} to come back`);
    },
    150_000,
  );

  test("rights and streams are renewed, as before every update, and what the kernel says is heard", async () => {
    renewKeys();
    composed.compose("run", "--rm", "--no-deps", "provision");
    await pokeAndHear();
  });

  test.each(services)(
    "%s is updated, and what the kernel says meanwhile is heard",
    async (service) => {
      const before = (await composed.container(service).inspect()).Id;
      composed.up("--no-deps", "--force-recreate", service);
      await pokeAndHear();
      expect((await composed.container(service).inspect()).Id).not.toBe(before);
    },
    150_000,
  );

  test("all are updated at once, and what the kernel says meanwhile is heard", async () => {
    let ended = false;
    const update = composed.composeMeanwhile("up", "-d", "--force-recreate").finally(() => {
      ended = true;
    });
    // Not faster than they can be told apart, and all the while.
    while (!ended) {
      owner.poke(disk);
      await Promise.race([update, new Promise((resolve) => setTimeout(resolve, 250))]);
    }
    await pokeAndHear();
  }, 240_000);

  test("nothing was lost or heard twice through all of that, and all are well", async () => {
    for (const service of services) await composed.healthy(service);
    expect(owner.heard(disk)).toEqual(owner.poked);
  });

  test("with keeper and capture away at once, a device that goes is taken all the same, and what was unheard is counted", async () => {
    const both = ["keeper", "capture"];
    composed.compose("stop", ...both);
    other.unplug();
    composed.compose("start", ...both);
    await composed.eventually(async () => !(await owner.has(other)), `${other.name} to be gone from the container`);
    await composed.eventually(
      () => owner.listener.actions(other.devpath).at(-1) === "remove",
      "its removal to be heard",
    );
    const metrics = await composed.run("capture", "wget -qO- http://127.0.0.1:9401/metrics");
    expect(Number(/uevents_unheard\S* (\d+)/.exec(metrics)?.[1])).toBeGreaterThan(0);
  });

  test("capture's key is rotated: the old one opens nothing, the host goes on with the new one, and the server still comes back", async () => {
    const { compose } = composed;
    const path = `/credentials/capture-${composed.project}.nk`;
    const key = async () => publicKeyOf((await composed.run("capture", `cat ${path}`)).trim());
    const users = async () =>
      new Set((await composed.run("nats", "cat /etc/nats/credentials/users.conf")).match(/\bU[A-Z2-7]{55}\b/g));
    const [oldKey, oldUsers] = [await key(), await users()];
    expect(oldUsers).toContain(oldKey);
    compose("run", "--rm", "--no-deps", "--entrypoint", "rm", "credentials", path);
    renewKeys();
    compose("restart", "capture");
    await pokeAndHear();
    // So the server has read its list again, where the new key alone has the old one's place.
    const newKey = await key();
    expect(newKey).not.toBe(oldKey);
    expect(await users()).toEqual(new Set([...[...oldUsers].filter((user) => user !== oldKey), newKey]));
    const before = await pidOf("nats");
    process.kill(before, "SIGKILL");
    await pokeAndHear();
    expect(await pidOf("nats")).not.toBe(before);
    for (const service of services) await composed.healthy(service);
  }, 240_000);

  test("backup and restore: the claims and the policy are there again, and the host goes on", async () => {
    const { compose, udevns, up } = composed;
    const backup = mkdtempSync(join(tmpdir(), "udevns-backup-"));
    composed.cleanUps.add(() => rmSync(backup, { recursive: true }));
    // As docs/operations.md has it.
    chownSync(backup, 65531, 65531);
    const streams = "/data/jetstream/$G/streams";
    const inStore = (script: string) =>
      compose(
        "run",
        "--rm",
        "--no-deps",
        "-v",
        `${backup}:/backup`,
        "--entrypoint",
        "busybox",
        "nats",
        "sh",
        "-c",
        script,
      );
    udevns("claim", disk.name, "guest", "--why", "kept");
    expect(udevns("explain", disk.name, "--json")).toContain("kept");
    compose("stop", "nats");
    inStore(`cd '${streams}' && tar -cf /backup/udevns.tar KV_UDEVNS_CLAIMS KV_UDEVNS_POLICY KV_UDEVNS_HOSTS`);
    inStore(`rm -rf /data/jetstream && mkdir -p '${streams}' && tar -C '${streams}' -xf /backup/udevns.tar`);
    up();
    compose("restart", ...ours.filter((service) => service !== "keeper"));
    for (const service of services) await composed.healthy(service);
    await composed.eventually(() => owner.has(disk), `${disk.name} in the container`);
    await pokeAndHear();
    expect(udevns("explain", disk.name, "--json")).toContain("kept");
    expect(udevns("policy", "show")).toContain(disk.name);
  }, 240_000);

  leastPrivilege(() => composed);
}
