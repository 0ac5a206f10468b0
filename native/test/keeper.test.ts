import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { askKeeper, closeFd, openUeventMonitor } from "../src/index.ts";

const KEEPER = fileURLToPath(new URL("../build/Release/udevns-keeper", import.meta.url));

let directory: string;
let path: string;
const keepers: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "udevns-keeper-"));
  path = join(directory, "keeper.sock");
});
afterEach(async () => {
  for (const keeper of keepers.splice(0)) await kill(keeper);
  rmSync(directory, { recursive: true });
});

async function startKeeper(): Promise<ChildProcess> {
  const keeper = spawn(KEEPER, [path, String(1 << 20)], { stdio: ["ignore", "inherit", "inherit"] });
  keepers.push(keeper);
  while (spawnSync(KEEPER, ["--check", path]).status !== 0) expect(keeper.exitCode).toBeNull();
  return keeper;
}

async function kill(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  keeper.kill("SIGKILL");
  await once(keeper, "exit");
}

// Others on this machine may poke too, and send on what they hear.
const uuid = randomUUID();
const poke = (word: string) => writeFileSync("/sys/devices/virtual/mem/null/uevent", `change ${uuid} W=${word}`);

/** Reads the socket until it has had an event with that word, and closes it. @returns all words that it had */
async function readUntil(fd: number, last: string): Promise<string[]> {
  const words: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const monitor = openUeventMonitor(
      { groups: ["kernel"], fd },
      {
        onEvents: (batch) => {
          for (const { payload, sender } of batch) {
            const text = payload.toString("latin1");
            const [, word] = /\0SYNTH_ARG_W=(\w+)\0/.exec(text) ?? [];
            if (word !== undefined && text.includes(uuid) && sender?.pid === 0) words.push(word);
          }
          if (!words.includes(last)) return;
          monitor.close();
          resolve();
        },
        onOverflow: () => reject(new Error("overflow")),
        onError: reject,
      },
    );
  });
  return words;
}

test("what happens while nobody reads waits for the next one", async () => {
  await startKeeper();
  const first = askKeeper(path);
  poke("one");
  expect(await readUntil(first.fd, "one")).toEqual(["one"]);
  closeFd(first.connection);
  poke("two");
  const second = askKeeper(path);
  expect([first.fresh, second.fresh]).toEqual([true, false]);
  poke("three");
  expect(await readUntil(second.fd, "three")).toEqual(["two", "three"]);
  closeFd(second.connection);
});

test("a keeper that comes back takes the socket that is offered: what waited in it while there was none is not lost", async () => {
  const keeper = await startKeeper();
  const mine = askKeeper(path);
  await kill(keeper);
  poke("meanwhile");
  await startKeeper();
  const offered = askKeeper(path, mine.fd);
  for (const fd of [offered.fd, mine.fd, offered.connection, mine.connection]) closeFd(fd);
  const next = askKeeper(path);
  expect([offered.fresh, next.fresh]).toEqual([false, false]);
  poke("after");
  expect(await readUntil(next.fd, "after")).toEqual(["meanwhile", "after"]);
  closeFd(next.connection);
});

test("the connection ends with the keeper", async () => {
  const keeper = await startKeeper();
  const { fd, connection } = askKeeper(path);
  const socket = new Socket({ fd: connection }).resume();
  const closed = once(socket, "close");
  await kill(keeper);
  await closed;
  closeFd(fd);
});

test("what is offered must be a uevent socket", async () => {
  await startKeeper();
  const other = askKeeper(path);
  expect(() => askKeeper(path, other.connection)).toThrow(expect.objectContaining({ code: "ECONNRESET" }));
  const next = askKeeper(path);
  expect(next.fresh).toBe(false);
  for (const fd of [other.fd, other.connection, next.fd, next.connection]) closeFd(fd);
});

test("is root's alone: by its mode, and by who asks", async () => {
  await startKeeper();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  for (const open of [directory, path]) chmodSync(open, 0o777);
  const other = spawnSync(KEEPER, ["--check", path], { uid: 65534, gid: 65534, encoding: "utf8" });
  expect([other.status, other.stderr]).toEqual([1, expect.stringMatching(/Permission denied|Connection reset/)]);
});

test.each([
  ["", "ENAMETOOLONG"],
  ["x".repeat(200), "ENAMETOOLONG"],
  ["/nowhere/keeper.sock", "ENOENT"],
  ["a\0b", "EINVAL"],
])("refuses path %j: %s", (wrong, code) => {
  expect(existsSync(path)).toBe(false);
  expect(() => askKeeper(wrong)).toThrow(expect.objectContaining({ code }));
});
