import { expect, test } from "@jest/globals";
import { handDown, ueventSocket } from "../src/uevent-socket.ts";

const pid = 4711;

test.each([
  ["nobody", {}, undefined],
  ["the supervisor", handDown(5), 5],
  ["systemd", { LISTEN_PID: "4711", LISTEN_FDS: "1" }, 3],
  ["systemd to our parent, who kept the variables", { LISTEN_PID: "4710", LISTEN_FDS: "1" }, undefined],
  ["systemd, but more than one", { LISTEN_PID: "4711", LISTEN_FDS: "2" }, undefined],
])("a socket is handed down by %s", (_, env, fd) => {
  expect(ueventSocket(env, pid)).toBe(fd);
});
