import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { runtimeAdapters, takesPart } from "../src/config.ts";
import { readInfo, readMonitorLine } from "../src/runtimes/lxc.ts";
import { NspawnAdapter, readMachine } from "../src/runtimes/nspawn.ts";

test("lxc-info's words", () => {
  const running = "State:          RUNNING\nPID:            42\n";
  const environment = "lxc.environment = udevns.udev=none\nseat=one\nempty=\n\n";
  expect(readInfo(running + environment, "/var/lib/lxc/c1")).toEqual({
    id: "/var/lib/lxc/c1",
    name: "c1",
    pid: 42,
    state: "running",
    labels: { "udevns.udev": "none", seat: "one", empty: "" },
  });
  expect(readInfo("State: FROZEN\nPID: 42\n", "/x/c1")?.state).toBe("paused");
  expect(readInfo(`State:          STOPPED\n${environment}`, "/x/c1")).toBeUndefined();
});

test("a container without an environment has no labels, and one cannot say another pid by it", () => {
  expect(readInfo("State: RUNNING\nPID: 42\nlxc.environment =\n", "/x/c1")?.labels).toEqual({});
  expect(readInfo("State: RUNNING\nlxc.environment = a=1\nPID: 1\n", "/x/c1")).toBeUndefined();
});

test.each([
  ["'c1' changed state to [RUNNING]", { kind: "settled", name: "c1" }],
  ["'it's' changed state to [STOPPED]", { kind: "settled", name: "it's" }],
  ["'c1' changed state to [STARTING]", { kind: "passing" }],
  ["'c1' exited with status [0]", { kind: "passing" }],
  ["lxc-monitor: something else", { kind: "unknown" }],
])("lxc-monitor's words: %s", (line, said) => {
  expect(readMonitorLine(line)).toEqual(said);
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
