import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { runtimeAdapters, takesPart } from "../src/config.ts";
import { readEnvironment, readInfo } from "../src/runtimes/lxc.ts";
import { NspawnAdapter, readMachine } from "../src/runtimes/nspawn.ts";

test("lxc-info's words", () => {
  const labels = readEnvironment("lxc.environment = udevns.udev=none\nseat=one\n\n");
  expect(labels).toEqual({ "udevns.udev": "none", seat: "one" });
  expect(readInfo("State:          RUNNING\nPID:            42\n", "/var/lib/lxc/c1", labels)).toEqual({
    id: "/var/lib/lxc/c1",
    name: "c1",
    pid: 42,
    state: "running",
    labels,
  });
  expect(readInfo("State: FROZEN\nPID: 42\n", "/x/c1", {})?.state).toBe("paused");
  expect(readInfo("State:          STOPPED\n", "/x/c1", {})).toBeUndefined();
});

test("machined's files", () => {
  expect(readMachine("m", "NAME=m\nCLASS=container\nLEADER=42\n")).toMatchObject({ name: "m", pid: 42 });
  expect(readMachine("m", "NAME=m\nCLASS=vm\nLEADER=42\n")).toBeUndefined();
  expect(readMachine("m", "NAME=m\nCLASS=container\n")).toBeUndefined();
});

test("machines that come and go are seen", async () => {
  const directory = mkdtempSync(join(tmpdir(), "udevns-machines-"));
  const adapter = new NspawnAdapter(directory);
  const abort = new AbortController();
  let changes = 0;
  const watching = adapter.watch(() => (changes += 1), abort.signal);
  try {
    expect(changes).toBe(1);
    writeFileSync(join(directory, ".tmp"), "CLASS=container\nLEADER=42\n");
    renameSync(join(directory, ".tmp"), join(directory, "m"));
    while (changes < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await adapter.list()).map(({ name }) => name)).toEqual(["m"]);
  } finally {
    abort.abort();
    await watching;
    rmSync(directory, { recursive: true });
  }
});

test("settings", () => {
  expect(runtimeAdapters({}).map(({ runtime }) => runtime)).toEqual(["docker", "podman", "lxc", "nspawn"]);
  expect(runtimeAdapters({ UDEVNS_RUNTIMES: "none" })).toEqual([]);
  expect(() => runtimeAdapters({ UDEVNS_RUNTIMES: "dokcer" })).toThrow(
    expect.objectContaining({ code: "UDEVNS_E_CONFIG" }),
  );
  expect([takesPart({}, undefined), takesPart({}, "false")]).toEqual([true, false]);
  expect([takesPart({ UDEVNS_OPT_IN: "1" }, undefined), takesPart({ UDEVNS_OPT_IN: "1" }, "true")]).toEqual([
    false,
    true,
  ]);
});
