import { fileURLToPath } from "node:url";
import type { BusUser } from "@udevns/bus";
import { KEYS, type NamespacedHost } from "./namespaced-host.ts";

export interface Subjects {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

const PROGRAM = fileURLToPath(new URL("../programs/attempts.ts", import.meta.url));

/** Tries all of these from that host, over its network and with the key that it has. @returns what the server refused */
export async function tryAll(host: NamespacedHost, url: string, user: BusUser, subjects: Subjects): Promise<Subjects> {
  const command = [process.execPath, "--import", "tsx", PROGRAM];
  return JSON.parse(await host.run({}, command, JSON.stringify({ url, keys: KEYS, user, ...subjects }))) as Subjects;
}
