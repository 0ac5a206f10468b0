import { readFileSync } from "node:fs";
import { expect } from "@jest/globals";
import type { Composed } from "./composed.ts";

const LISTENING = "0A";
// As /proc/net writes them: 127.x.y.z from its last byte, ::1 in words of four bytes.
const LOOPBACK = /^([0-9A-F]{6}7F|0{24}01000000):/;

/** What listens where compose's services are on the host's network. */
export async function expectLoopbackAlone(composed: Composed): Promise<void> {
  const { Pid } = (await composed.container("nats").inspect()).State;
  const addresses = ["tcp", "tcp6"]
    .flatMap((table) => readFileSync(`/proc/${Pid}/net/${table}`, "ascii").trim().split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTENING)
    .map(([, address = ""]) => address);
  const port = (number: number) =>
    expect.stringMatching(new RegExp(`:${number.toString(16).toUpperCase().padStart(4, "0")}$`));
  expect(addresses).toEqual(expect.arrayContaining([4222, 8222, 9401, 9402, 9403, 9404, 9405].map(port)));
  expect(addresses.filter((address) => !LOOPBACK.test(address))).toEqual([]);
}
