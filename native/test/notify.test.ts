import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, expect, test } from "@jest/globals";
import { sdNotify } from "../src/index.ts";
import { firstLine } from "./support/container.ts";

const directory = mkdtempSync(join(tmpdir(), "udevns-notify-"));
afterAll(() => rmSync(directory, { recursive: true }));
const before = process.env.NOTIFY_SOCKET;
afterEach(() => {
  if (before === undefined) delete process.env.NOTIFY_SOCKET;
  else process.env.NOTIFY_SOCKET = before;
});

const receiver = `
  use Socket; $| = 1;
  my $name = shift; $name =~ s/^@/\\0/;
  socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die; bind($s, pack_sockaddr_un($name)) or die "bind: $!";
  print "ready\\n"; recv($s, my $state, 4096, 0); print STDERR $state;`;

test.each([
  ["a path", join(directory, "notify")],
  ["an abstract name", `@udevns-test-${process.pid}`],
])("tells the manager at %s", async (_, socket) => {
  const manager = spawn("perl", ["-e", receiver, socket], { stdio: ["ignore", "pipe", "pipe"] });
  await firstLine(manager);
  process.env.NOTIFY_SOCKET = socket;
  expect(sdNotify("READY=1\nSTATUS=listening")).toBe(true);
  expect(await text(manager.stderr)).toBe("READY=1\nSTATUS=listening");
});

test.each([undefined, ""])("is false when NOTIFY_SOCKET is %j", (value) => {
  if (value === undefined) delete process.env.NOTIFY_SOCKET;
  else process.env.NOTIFY_SOCKET = value;
  expect(sdNotify("READY=1")).toBe(false);
});

test.each([
  ["nobody listens", join(directory, "nobody"), "ENOENT"],
  ["the name is too long", `/${"x".repeat(200)}`, "ENAMETOOLONG"],
  ["it is no unix socket", "vsock:2:1234", "EAFNOSUPPORT"],
])("throws when %s", (_, socket, code) => {
  process.env.NOTIFY_SOCKET = socket;
  expect(() => sdNotify("READY=1")).toThrow(expect.objectContaining({ name: "NativeError", code, target: socket }));
});
