import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type StartedTestContainer, Wait, type WaitStrategy } from "testcontainers";
import { parse } from "yaml";
import { plugZram, type Zram } from "../../support/zram.ts";
import { type Composed, composeHost, type Images, ours } from "../support/composed.ts";
import { Owner } from "../support/owner.ts";
import { ServiceContainer, type ServiceDefinition } from "../support/service-container.ts";

/** The same containers, each started by testcontainers: as a user's own tests would. */
export function testcontainers(images: () => Images): void {
  let composed: Composed;
  let disk: Zram;
  let definitions: Record<string, ServiceDefinition>;
  const started: StartedTestContainer[] = [];

  beforeAll(() => {
    const { DOCKER_HOST } = images().env;
    // Ryuk, which removes what a dead test run left, is an image of a registry, and none is asked here. The Docker daemon is
    // this test's own and takes all its containers along; we stop them all the same.
    // It would ask Docker's bridge for the host's address; this daemon has none, and what runs here is on the host's network.
    const TESTCONTAINERS_HOST_OVERRIDE = "localhost";
    Object.assign(process.env, { DOCKER_HOST, TESTCONTAINERS_RYUK_DISABLED: "true", TESTCONTAINERS_HOST_OVERRIDE });
    composed = composeHost(images());
    disk = plugZram();
    composed.cleanUps.add(() => disk.unplug());
    composed.writePolicy(
      `version: 1\nrules:\n  - name: disk\n    match: { devname: ${disk.name} }\n    give: { container: guest }\n`,
    );
    definitions = parse(composed.compose("config")).services;
  });
  afterAll(async () => {
    for (const container of started.reverse()) await container.stop();
    await composed?.stop();
    for (const name of ["DOCKER_HOST", "TESTCONTAINERS_RYUK_DISABLED", "TESTCONTAINERS_HOST_OVERRIDE"])
      delete process.env[name];
  });

  async function start(name: string, wait: WaitStrategy): Promise<void> {
    const volumes = `/run/${composed.project}/volumes`;
    const container = new ServiceContainer(definitions[name] as ServiceDefinition, volumes);
    started.push(await container.withWaitStrategy(wait).withStartupTimeout(60_000).start());
  }

  test("NATS and every service run, and a device reaches a container", async () => {
    await start("credentials", Wait.forOneShotStartup());
    await start("stores", Wait.forOneShotStartup());
    await start("nats", Wait.forLogMessage("Server is ready"));
    await start("provision", Wait.forOneShotStartup());
    await start(
      "keeper",
      Wait.forSuccessfulCommand("native/build/Release/udevns-keeper --check /run/udevns/keeper.sock"),
    );
    for (const name of ours.filter((each) => each !== "keeper")) await start(name, Wait.forLogMessage('"ready":true'));
    const owner = await Owner.start(images().dockerd, "guest", composed.cleanUps);
    await composed.eventually(() => owner.has(disk), `${disk.name} in the container`);
    const number = owner.poke(disk);
    await composed.eventually(() => owner.heard(disk).includes(number), "an event in the container");
    disk.unplug();
    await composed.eventually(
      () => owner.listener.actions(disk.devpath).at(-1) === "remove",
      "its removal to be heard",
    );
    expect(await owner.has(disk)).toBe(false);
  }, 240_000);
}
