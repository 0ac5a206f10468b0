import type { StatResult } from "@udevns/native";
import type { GiveFacts } from "../../src/plan-give.ts";

type There = Extract<StatResult, { exists: true }>;

export const HOST_DEV = 5n;
export const absent: StatResult = { exists: false };

export const there = (of: Partial<There> = {}): There => ({
  exists: true,
  dev: 42n,
  ino: 1n,
  kind: "dir",
  rdev: { major: 0, minor: 0 },
  mode: 0o755,
  uid: 0,
  gid: 0,
  size: 0,
  fsType: 0x01021994,
  mount: { readOnly: false, noDev: false, isRoot: false },
  mark: "",
  ...of,
});

export const node = (of: Partial<There> = {}): There => there({ kind: "block", rdev: { major: 8, minor: 0 }, ...of });

/** A container with a tmpfs of its own on /dev and nothing of the node there yet. */
export const facts = (look: Partial<GiveFacts["look"]> = {}, of: Partial<GiveFacts> = {}): GiveFacts => ({
  containerName: "web",
  userNamespaced: false,
  hostDev: HOST_DEV,
  ...of,
  look: { dev: there(), parents: [], node: absent, passwd: "", group: "", marks: undefined, ...look },
});
