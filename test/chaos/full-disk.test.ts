import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Listener, listenIn } from "../support/listener.ts";
import { type LoopDevice, type LoopRange, openLoops } from "../support/loop.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { labelOf, pokeUevent } from "../support/synthetic.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";

const EVENTS = 300;
/** What the server may set aside, as it takes three quarters of what is free. Nothing is used of it that is not written. */
const ROOM = "8g";

let state: string;
let loops: LoopRange;
let stack: Stack;
let owner: Throwaway;
let ear: Listener;
let device: LoopDevice;

const resize = (size: string) => execFileSync("mount", ["-o", `remount,size=${size}`, state]);

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), "udevns-full-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${ROOM},mode=700`, "none", state]);
  loops = openLoops();
  stack = await startStack(
    `version: 1\nrules:\n  - { name: disks, match: { devname: "${loops.glob}" }, give: { container: owner } }\n`,
    { env: { UDEVNS_STATE_DIR: state, UDEVNS_RUNTIMES: "none", UDEVNS_RESTART_MS: "100" } },
  );
  owner = await startThrowaway("owner", { userns: true });
  ear = listenIn(owner);
  await stack.attach(owner);
  device = loops.plug(1);
  await until(() => ear.actions(device.devpath).join() === "add", "the container to have the device");
});
afterAll(async () => {
  ear?.close();
  loops?.close();
  await owner?.stop();
  await stack?.stop();
  execFileSync("umount", ["-l", state]);
  rmSync(state, { recursive: true });
});

test(`${EVENTS} events that find the server's disk full are heard once each and in order when there is room and the server is started again`, async () => {
  const { bsize, blocks, bfree } = statfsSync(state);
  resize(String((blocks - bfree + 8) * bsize));
  for (let number = 0; number < EVENTS; number += 1) pokeUevent(device.devpath, number);
  await until(() => statfsSync(state).bfree === 0, "the disk to be full");
  resize(ROOM);
  // nats-server 2.9 does not answer for a stream any more whose write has failed so, until it is started again.
  stack.kill("nats-server");
  const heard = () => ear.events.filter(({ injected, devpath }) => injected && devpath === device.devpath).map(labelOf);
  await until(() => heard().length > EVENTS, "all events in the container").catch((error: Error) => {
    throw new Error(`${error.message}: ${heard().length - 1}\n${stack.log()}`);
  });
  expect(heard()).toEqual(["add", ...Array.from({ length: EVENTS }, (_, number) => `change ${number}`)]);
});
