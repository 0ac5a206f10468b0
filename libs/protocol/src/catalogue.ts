import type { schemas } from "./schemas.ts";
import { bucketNames } from "./streams.ts";

/** One kind of message, or of bucket entry: where it is, what it is, who writes and who reads it. For docs/subjects.md. */
export interface CatalogueRow {
  readonly subject: string;
  readonly schema: keyof typeof schemas | undefined;
  readonly kept: string;
  readonly by: string;
  readonly for: string;
  readonly about: string;
}

const row = (
  subject: string,
  schema: CatalogueRow["schema"],
  kept: string,
  by: string,
  reader: string,
  about: string,
): CatalogueRow => ({ subject, schema, kept, by, for: reader, about });

export const messageCatalogue: readonly CatalogueRow[] = [
  row("uevent.<host>.<subsystem>.<action>", "uevent", "UDEVNS_UEVENT_<host>", "capture", "policy", "a uevent"),
  row("container.<host>.<event>", "container-event", "UDEVNS_AUDIT", "inventory", "people", "a container's edge"),
  row("work.devnode.<host>.<container>", "devnode-work", "UDEVNS_DEVNODE_<host>", "policy", "devnode", "an order"),
  row("work.term.<host>", "lease", "UDEVNS_DEVNODE_<host>", "policy", "nobody", "a replica's term begins (fence)"),
  row(
    "work.inject.<host>.<container>",
    "inject-work",
    "UDEVNS_INJECT_<host>",
    "devnode",
    "injector",
    "an event to send",
  ),
  row("result.<host>.<container>.devnode", "result", "UDEVNS_AUDIT", "devnode", "people", "what came of an order"),
  row("result.<host>.<container>.inject", "result", "UDEVNS_AUDIT", "injector", "people", "what came of an event"),
  row("audit.<host>.decision", "decision", "UDEVNS_AUDIT", "policy", "people", "a unit's owner changes"),
  row("audit.<host>.claim", "claim-record", "UDEVNS_AUDIT", "commands", "people", "a person's word"),
  row("audit.<host>.policy", "policy-change", "UDEVNS_AUDIT", "policy, commands", "people", "another policy"),
  row(
    "status.<host>.<role>",
    "status",
    "UDEVNS_STATUS",
    "every service",
    "policy, commands",
    "a heartbeat, once a second",
  ),
  row("rpc.<host>.attach", "attach-request", "nowhere", "commands", "inventory", "make a process a container"),
  row("rpc.<host>.detach", "detach-request", "nowhere", "commands", "inventory", "forget a container"),
  row("rpc.<host>.scan", "empty", "nowhere", "policy, people", "capture", "say what differs from /sys"),
];

export const bucketCatalogue: readonly CatalogueRow[] = [
  row("<host>.<device>", "device", bucketNames.devices, "policy", "capture, policy, commands", "a device as it is"),
  row(
    "<host>.<container>",
    "container",
    bucketNames.containers,
    "inventory",
    "policy, devnode, commands",
    "a container as it is",
  ),
  row(
    "<host>.<container>.<device>",
    "grant",
    bucketNames.grants,
    "policy",
    "policy, commands",
    "a device that is given",
  ),
  row("<host>.<identity>", "claim", bucketNames.claims, "commands", "policy", "a person's word on a unit"),
  row("current", "policy", bucketNames.policy, "policy, commands", "policy, capture, commands", "the policy in force"),
  row("<host>.policy", undefined, bucketNames.positions, "policy", "policy, capture", "how far the log is decided"),
  row("<host>.policy", "lease", bucketNames.leases, "policy", "policy", "which replica decides"),
  row("<replica>.replica", undefined, bucketNames.leases, "policy", "policy", "a replica's sign of life"),
  row("<host>.host", "host", bucketNames.hosts, "provision", "policy, commands", "a host of this bus"),
];
