import { type ChildProcess, spawn } from "node:child_process";
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
  bus: { nc: { isClosed: () => false, publish: (subject: string) => said.push(subject) } },
} as unknown as ServiceContext;
const bucket = {
  put: async (key: string) => {
    if (fails) throw new Error("no answer");
    stored.push(key);
  },
} as unknown as Bucket;
const record = (labels: Record<string, string> = {}) =>
  ({ name: "web", instance: "1", runtime: "process", state: "running", labels }) as unknown as ContainerRecord;
const add = (labels?: Record<string, string>) => register.add("web", process_.pid as number, () => record(labels));

beforeEach(() => {
  [said, stored, fails] = [[], [], false];
  process_ = spawn("sleep", ["60"]);
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
