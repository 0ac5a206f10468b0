import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Bucket } from "@udevns/bus";
import type { ContainerRecord } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { Register } from "../src/register.ts";

let said: string[];
let stored: string[];
let fails: boolean;
let process_: ChildProcess;
let register: Register;

const context = {
  host: "lab",
  counters: { set: () => undefined },
  log: { info: () => undefined },
  bus: { nc: { isClosed: () => false }, publish: (subject: string) => said.push(subject) },
} as unknown as ServiceContext;
let bucket: Bucket;
const record = (labels: Record<string, string> = {}) =>
  ({ name: "web", instance: "1", runtime: "process", state: "running", labels }) as unknown as ContainerRecord;
const add = (labels?: Record<string, string>) => register.add("web", process_.pid as number, () => record(labels));

beforeEach(() => {
  [said, stored, fails] = [[], [], false];
  process_ = spawn("sleep", ["60"]);
  bucket = {
    delete: async () => undefined,
    put: async (key: string) => {
      if (fails) throw new Error("no answer");
      stored.push(key);
    },
  } as unknown as Bucket;
  register = new Register(context, bucket);
});
afterEach(() => {
  register.close();
  process_.kill();
});

test("a container that the bucket did not take is not known, so that the next try makes it known", async () => {
  fails = true;
  await expect(add()).rejects.toThrow("no answer");
  expect([register.get("web"), said]).toEqual([undefined, []]);
  fails = false;
  await add();
  expect([stored, said]).toEqual([["lab.web"], ["udevns.v1.container.lab.start"]]);
});

test("a change that the bucket did not take leaves what was known before, and its process watched", async () => {
  await add();
  fails = true;
  await expect(add({ seat: "left" })).rejects.toThrow("no answer");
  expect(register.get("web")).toEqual(record());
  fails = false;
  await add({ seat: "left" });
  expect(said).toEqual(["udevns.v1.container.lab.start", "udevns.v1.container.lab.change"]);
});

test("a container of which nothing new is said is known by its process that is held, until that ends", async () => {
  const said = {
    runtime: "docker",
    id: "1",
    pid: process_.pid as number,
    state: "running",
    labels: { a: "b" },
  } as const;
  const known = { name: "web", instance: "1", ...said } as unknown as ContainerRecord;
  await register.add("web", said.pid, () => known);
  expect(register.unchanged("web", said)).toBe(known);
  for (const other of [{ pid: 1 }, { id: "2" }, { state: "paused" }, { labels: {} }, { runtime: "podman" }] as const)
    expect(register.unchanged("web", { ...said, ...other })).toBeUndefined();
  process_.kill("SIGKILL");
  await once(process_, "exit");
  expect(register.unchanged("web", said)).toBeUndefined();
});

test("the end of a container is written behind its beginning, however long that takes", async () => {
  const outage = new Promise((resolve) => setTimeout(resolve, 50));
  bucket.put = (key) => outage.then(() => stored.push(key));
  bucket.delete = async (key) => void stored.push(`no ${key}`);
  const added = add();
  await new Promise(setImmediate);
  await Promise.all([added, register.remove("web")]);
  expect(stored).toEqual(["lab.web", "no lab.web"]);
});

test("all that live are written down again when the server is back", async () => {
  await add();
  await register.writeAgain();
  expect(stored).toEqual(["lab.web", "lab.web"]);
});
