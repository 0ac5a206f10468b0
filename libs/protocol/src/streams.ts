import { subjects } from "./subjects.ts";
import { token } from "./token.ts";

export interface StreamPlan {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly maxBytes: number;
  readonly maxAgeSeconds: number;
  readonly duplicateWindowSeconds: number;
  readonly description: string;
  /** Keeps the last message of each subject alone, in memory: what a service says of itself again and again. */
  readonly lastOnly?: true;
}

export interface BucketPlan {
  readonly name: string;
  readonly history: number;
  readonly maxBytes: number;
  readonly description: string;
}

const MiB = 1024 * 1024;
const HOUR = 3600;

export const streamNames = {
  uevent: (host: string) => `UDEVNS_UEVENT_${token(host)}`,
  devnode: (host: string) => `UDEVNS_DEVNODE_${token(host)}`,
  inject: (host: string) => `UDEVNS_INJECT_${token(host)}`,
  audit: "UDEVNS_AUDIT",
  status: "UDEVNS_STATUS",
} as const;

export const bucketNames = {
  devices: "UDEVNS_DEVICES",
  containers: "UDEVNS_CONTAINERS",
  grants: "UDEVNS_GRANTS",
  claims: "UDEVNS_CLAIMS",
  policy: "UDEVNS_POLICY",
  positions: "UDEVNS_POSITIONS",
  leases: "UDEVNS_LEASES",
  hosts: "UDEVNS_HOSTS",
} as const;

/**
 * A host's three logs. Each has exactly one writer (capture, policy, devnode), which states the sequence it expects with every
 * message: the server then refuses a second writer and any message out of order. One stream a host, so that one host's storm
 * cannot push out another's events, and so that a host's permissions name whole streams.
 */
export const hostStreams = (host: string): readonly StreamPlan[] => [
  {
    name: streamNames.uevent(host),
    subjects: [subjects.uevents(host)],
    maxBytes: 256 * MiB,
    maxAgeSeconds: 24 * HOUR,
    duplicateWindowSeconds: 120,
    description: `uevents of ${host}, in the kernel's order; written by its capture`,
  },
  {
    name: streamNames.devnode(host),
    subjects: [subjects.devnodeWorks(host), subjects.term(host)],
    maxBytes: 64 * MiB,
    maxAgeSeconds: 24 * HOUR,
    duplicateWindowSeconds: 120,
    description: `orders to devnode on ${host}; written by policy`,
  },
  {
    name: streamNames.inject(host),
    subjects: [subjects.injectWorks(host)],
    maxBytes: 64 * MiB,
    maxAgeSeconds: 24 * HOUR,
    duplicateWindowSeconds: 120,
    description: `orders to the injector on ${host}; written by its devnode`,
  },
];

export const sharedStreams: readonly StreamPlan[] = [
  {
    name: streamNames.audit,
    subjects: [subjects.audits(), subjects.results(), subjects.containers()],
    maxBytes: 256 * MiB,
    maxAgeSeconds: 24 * HOUR,
    duplicateWindowSeconds: 120,
    description: "decisions, claims, containers and what came of each order",
  },
  {
    name: streamNames.status,
    subjects: [subjects.statuses()],
    maxBytes: 16 * MiB,
    maxAgeSeconds: 24 * HOUR,
    duplicateWindowSeconds: 120,
    description: "the last heartbeat of each service",
    lastOnly: true,
  },
];

export const buckets: readonly BucketPlan[] = [
  {
    name: bucketNames.devices,
    history: 1,
    maxBytes: 256 * MiB,
    description: "devices as they are; written by policy",
  },
  {
    name: bucketNames.containers,
    history: 1,
    maxBytes: 64 * MiB,
    description: "containers as they are; written by inventory",
  },
  {
    name: bucketNames.grants,
    history: 1,
    maxBytes: 256 * MiB,
    description: "which container has which device; written by policy",
  },
  { name: bucketNames.claims, history: 5, maxBytes: 64 * MiB, description: "ownership claimed at run time" },
  { name: bucketNames.policy, history: 5, maxBytes: 64 * MiB, description: "the policy in force" },
  { name: bucketNames.positions, history: 1, maxBytes: 16 * MiB, description: "how far each reader has come" },
  { name: bucketNames.leases, history: 1, maxBytes: 16 * MiB, description: "which policy replica decides for a host" },
  { name: bucketNames.hosts, history: 1, maxBytes: 16 * MiB, description: "the hosts there are; written by provision" },
];
