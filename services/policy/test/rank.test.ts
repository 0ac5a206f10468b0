import { expect, test } from "@jest/globals";
import { rank } from "../src/rank.ts";

const hosts = Array.from({ length: 300 }, (_, index) => `host-${index}`);
const best = (host: string, replicas: readonly string[]) => replicas.find((me) => rank(host, me, replicas) === 0);

test("every host has exactly one best replica, and the ranks are all different", () => {
  for (const host of hosts) {
    const ranks = ["a", "b", "c"].map((me) => rank(host, me, ["a", "b", "c"]));
    expect(ranks.sort()).toEqual([0, 1, 2]);
  }
});

test("hosts spread over the replicas", () => {
  const replicas = ["a", "b", "c"];
  for (const replica of replicas) {
    const share = hosts.filter((host) => best(host, replicas) === replica).length;
    expect(share).toBeGreaterThan(60);
    expect(share).toBeLessThan(140);
  }
});

test("a replica that comes takes hosts from the others and moves none between them", () => {
  for (const host of hosts) {
    const after = best(host, ["a", "b", "c", "d"]);
    expect([best(host, ["a", "b", "c"]), "d"]).toContain(after);
  }
});
