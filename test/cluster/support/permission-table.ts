/** One subject and everybody who may, by user name; whoever is not named must be refused. */
export interface PermissionRow {
  readonly subject: string;
  readonly by: readonly string[];
}

const people = ["viewer", "operator"];
/** The same row for each host. */
const perHost = (row: (host: string) => PermissionRow): PermissionRow[] => ["a", "b", "c"].map(row);
const api = (rest: string): string => `$JS.API.${rest}`;

/** Written by hand and not taken from the code that it checks. */
export const publishRows: readonly PermissionRow[] = [
  ...perHost((h) => ({ subject: `udevns.v1.uevent.${h}.block.add`, by: [`capture-${h}`] })),
  ...perHost((h) => ({ subject: `udevns.v1.container.${h}.start`, by: [`inventory-${h}`] })),
  ...perHost((h) => ({ subject: `udevns.v1.work.devnode.${h}.c`, by: [`policy-${h}`, "policy"] })),
  ...perHost((h) => ({ subject: `udevns.v1.work.term.${h}`, by: [`policy-${h}`, "policy"] })),
  ...perHost((h) => ({ subject: `udevns.v1.work.inject.${h}.c`, by: [`devnode-${h}`] })),
  ...perHost((h) => ({ subject: `udevns.v1.result.${h}.c.devnode`, by: [`devnode-${h}`] })),
  ...perHost((h) => ({ subject: `udevns.v1.result.${h}.c.inject`, by: [`injector-${h}`] })),
  ...perHost((h) => ({ subject: `udevns.v1.audit.${h}.decision`, by: [`policy-${h}`, "policy"] })),
  ...perHost((h) => ({ subject: `udevns.v1.audit.${h}.claim`, by: ["operator"] })),
  ...perHost((h) => ({ subject: `udevns.v1.rpc.${h}.attach`, by: ["operator"] })),
  ...perHost((h) => ({ subject: `udevns.v1.rpc.${h}.detach`, by: ["operator"] })),
  ...perHost((h) => ({ subject: `udevns.v1.rpc.${h}.scan`, by: ["operator", "policy", `policy-${h}`] })),
  ...perHost((h) => ({ subject: `udevns.v1.audit.${h}.policy`, by: [`policy-${h}`, "policy"] })),
  ...["capture", "inventory", "devnode", "injector"].flatMap((role) =>
    perHost((h) => ({ subject: `udevns.v1.status.${h}.${role}`, by: [`${role}-${h}`] })),
  ),
  ...perHost((h) => ({ subject: `udevns.v1.status.${h}.policy`, by: [`policy-${h}`, "policy"] })),
  ...perHost((h) => ({ subject: `$KV.UDEVNS_CONTAINERS.${h}.c`, by: [`inventory-${h}`] })),
  ...perHost((h) => ({ subject: `$KV.UDEVNS_DEVICES.${h}.d`, by: [`policy-${h}`, "policy"] })),
  ...perHost((h) => ({ subject: `$KV.UDEVNS_GRANTS.${h}.c.d`, by: [`policy-${h}`, "policy"] })),
  ...perHost((h) => ({ subject: `$KV.UDEVNS_POSITIONS.${h}.policy`, by: [`policy-${h}`, "policy"] })),
  ...perHost((h) => ({ subject: `$KV.UDEVNS_LEASES.${h}.policy`, by: [`policy-${h}`, "policy"] })),
  ...perHost((h) => ({ subject: `$KV.UDEVNS_CLAIMS.${h}.u`, by: ["operator"] })),
  ...perHost((h) => ({ subject: `$KV.UDEVNS_HOSTS.${h}.host`, by: [] })),
  ...perHost((h) => ({ subject: `$KV.UDEVNS_LEASES.${h}.replica`, by: [`policy-${h}`, "policy"] })),
  ...perHost((h) => ({ subject: `$KV.UDEVNS_POLICY.published.${h}`, by: ["policy"] })),
  { subject: "$KV.UDEVNS_POLICY.current", by: ["policy"] },

  ...perHost((h) => ({
    subject: api(`CONSUMER.CREATE.UDEVNS_UEVENT_${h}.policy-${h}.udevns.v1.uevent.${h}.>`),
    by: [`policy-${h}`, "policy"],
  })),
  ...perHost((h) => ({
    subject: api(`CONSUMER.CREATE.UDEVNS_DEVNODE_${h}.devnode-${h}.udevns.v1.work.devnode.${h}.>`),
    by: [`devnode-${h}`],
  })),
  ...perHost((h) => ({
    subject: api(`CONSUMER.CREATE.UDEVNS_INJECT_${h}.injector-${h}.udevns.v1.work.inject.${h}.>`),
    by: [`injector-${h}`],
  })),
  // Nobody may make a consumer without a name and a filter that permissions can see, nor a durable one, nor one of a log's whole.
  ...perHost((h) => ({ subject: api(`CONSUMER.CREATE.UDEVNS_DEVNODE_${h}`), by: [] })),
  ...perHost((h) => ({ subject: api(`CONSUMER.DURABLE.CREATE.UDEVNS_DEVNODE_${h}.devnode-${h}`), by: [] })),
  ...perHost((h) => ({
    subject: api(`CONSUMER.CREATE.UDEVNS_UEVENT_${h}.capture-${h}.udevns.v1.uevent.${h}.>`),
    by: ["policy"],
  })),
  ...perHost((h) => ({
    subject: api(`CONSUMER.CREATE.KV_UDEVNS_CONTAINERS.inventory-${h}.$KV.UDEVNS_CONTAINERS.${h}.>`),
    by: ["policy", ...people],
  })),
  ...perHost((h) => ({
    subject: api(`CONSUMER.CREATE.KV_UDEVNS_CONTAINERS.policy-containers-${h}.$KV.UDEVNS_CONTAINERS.${h}.>`),
    by: [`policy-${h}`, "policy", ...people],
  })),
  ...perHost((h) => ({
    subject: api(`CONSUMER.MSG.NEXT.UDEVNS_DEVNODE_${h}.devnode-${h}`),
    by: [`devnode-${h}`, "policy"],
  })),
  ...perHost((h) => ({
    subject: api(`STREAM.INFO.UDEVNS_INJECT_${h}`),
    by: [`devnode-${h}`, `injector-${h}`, "policy", ...people],
  })),
  ...perHost((h) => ({ subject: api(`STREAM.MSG.GET.UDEVNS_UEVENT_${h}`), by: [`capture-${h}`, "policy"] })),
  ...perHost((h) => ({ subject: api(`STREAM.MSG.GET.UDEVNS_DEVNODE_${h}`), by: [`policy-${h}`, "policy"] })),
  ...perHost((h) => ({ subject: api(`STREAM.MSG.GET.UDEVNS_INJECT_${h}`), by: [`devnode-${h}`, "policy"] })),
  ...perHost((h) => ({
    subject: api(`DIRECT.GET.KV_UDEVNS_DEVICES.$KV.UDEVNS_DEVICES.${h}.d`),
    by: [`capture-${h}`, `policy-${h}`, "policy", ...people],
  })),
  ...perHost((h) => ({
    subject: api(`DIRECT.GET.KV_UDEVNS_CONTAINERS.$KV.UDEVNS_CONTAINERS.${h}.c`),
    by: [`inventory-${h}`, ...people],
  })),
  ...perHost((h) => ({ subject: api(`DIRECT.GET.KV_UDEVNS_CLAIMS.$KV.UDEVNS_CLAIMS.${h}.x`), by: people })),
  ...perHost((h) => ({
    subject: api(`DIRECT.GET.KV_UDEVNS_GRANTS.$KV.UDEVNS_GRANTS.${h}.x`),
    by: [`policy-${h}`, "policy", ...people],
  })),
  ...perHost((h) => ({
    subject: api(`DIRECT.GET.KV_UDEVNS_POSITIONS.$KV.UDEVNS_POSITIONS.${h}.policy`),
    by: [`capture-${h}`, `policy-${h}`, "policy", ...people],
  })),
  ...perHost((h) => ({
    subject: api(`DIRECT.GET.KV_UDEVNS_LEASES.$KV.UDEVNS_LEASES.${h}.policy`),
    by: [`policy-${h}`, "policy", ...people],
  })),
  // Policy writes these, so it must not make consumers of them.
  ...["DEVICES", "GRANTS", "POSITIONS"].flatMap((bucket) =>
    perHost((h) => ({
      subject: api(`CONSUMER.CREATE.KV_UDEVNS_${bucket}.policy-${h}.$KV.UDEVNS_${bucket}.${h}.>`),
      by: people,
    })),
  ),
  ...perHost((h) => ({
    subject: api(`CONSUMER.CREATE.KV_UDEVNS_CLAIMS.policy-claims-${h}.$KV.UDEVNS_CLAIMS.${h}.>`),
    by: [`policy-${h}`, "policy", ...people],
  })),
  ...perHost((h) => ({
    subject: api(`CONSUMER.CREATE.KV_UDEVNS_CONTAINERS.devnode-containers-${h}.$KV.UDEVNS_CONTAINERS.${h}.>`),
    by: [`devnode-${h}`, "policy", ...people],
  })),
  ...perHost((h) => ({
    subject: api(`CONSUMER.CREATE.KV_UDEVNS_POLICY.capture-policy-${h}.$KV.UDEVNS_POLICY.>`),
    by: [`capture-${h}`, "policy", ...people],
  })),
  // A permission names a stream or every stream: who reads what policy ordered on any host can read single messages of all.
  { subject: api("STREAM.MSG.GET.KV_UDEVNS_DEVICES"), by: ["policy"] },
  { subject: api("DIRECT.GET.KV_UDEVNS_DEVICES"), by: [] },
  { subject: api("STREAM.CREATE.EVIL"), by: [] },
  ...perHost((h) => ({ subject: api(`STREAM.DELETE.UDEVNS_UEVENT_${h}`), by: [] })),
  ...perHost((h) => ({ subject: api(`STREAM.PURGE.UDEVNS_DEVNODE_${h}`), by: [] })),
  ...perHost((h) => ({ subject: api(`STREAM.UPDATE.UDEVNS_DEVNODE_${h}`), by: [] })),
  ...["capture", "inventory", "policy", "devnode", "injector"].flatMap((role) =>
    perHost((h) => ({ subject: `_INBOX_${role}-${h}.forged`, by: [] })),
  ),
  ...[...people, "policy", "admin"].map((name) => ({ subject: `_INBOX_${name}.forged`, by: [] })),
  ...perHost((h) => ({ subject: api(`STREAM.SNAPSHOT.UDEVNS_UEVENT_${h}`), by: [] })),
  ...perHost((h) => ({ subject: api(`STREAM.MSG.DELETE.UDEVNS_DEVNODE_${h}`), by: [] })),
  { subject: api("STREAM.NAMES"), by: [] },
  { subject: api("STREAM.PURGE.UDEVNS_AUDIT"), by: [] },
  { subject: "$SYS.REQ.SERVER.PING", by: [] },
  ...perHost((h) => ({ subject: api(`DIRECT.GET.UDEVNS_STATUS.udevns.v1.status.${h}.capture`), by: people })),
  ...perHost((h) => ({ subject: api(`CONSUMER.CREATE.UDEVNS_STATUS.x.udevns.v1.status.${h}.>`), by: [] })),
  ...perHost((h) => ({
    subject: api(`CONSUMER.INFO.UDEVNS_DEVNODE_${h}.devnode-${h}`),
    by: [`devnode-${h}`, "policy", ...people],
  })),
  { subject: "$SRV.PING", by: people },
];

export const subscribeRows: readonly PermissionRow[] = [
  { subject: ">", by: [] },
  { subject: "udevns.v1.>", by: people },
  ...perHost((h) => ({ subject: `udevns.v1.uevent.${h}.>`, by: people })),
  ...perHost((h) => ({ subject: `udevns.v1.work.devnode.${h}.>`, by: people })),
  ...perHost((h) => ({ subject: `udevns.v1.work.inject.${h}.>`, by: people })),
  ...perHost((h) => ({ subject: `udevns.v1.result.${h}.>`, by: people })),
  ...perHost((h) => ({ subject: `udevns.v1.status.${h}.>`, by: people })),
  ...perHost((h) => ({ subject: `udevns.v1.container.${h}.>`, by: people })),
  ...perHost((h) => ({ subject: `udevns.v1.audit.${h}.>`, by: people })),
  ...perHost((h) => ({ subject: `udevns.v1.rpc.${h}.scan`, by: [`capture-${h}`, ...people] })),
  ...perHost((h) => ({ subject: `udevns.v1.rpc.${h}.attach`, by: [`inventory-${h}`, ...people] })),
  ...perHost((h) => ({ subject: `udevns.v1.rpc.${h}.detach`, by: [`inventory-${h}`, ...people] })),
  ...["CLAIMS", "DEVICES", "CONTAINERS", "GRANTS", "POSITIONS", "LEASES", "HOSTS"].flatMap((bucket) =>
    perHost((h) => ({ subject: `$KV.UDEVNS_${bucket}.${h}.>`, by: [] })),
  ),
  { subject: "$KV.UDEVNS_POLICY.>", by: [] },
  { subject: "_INBOX.>", by: [] },
  { subject: "$SRV.>", by: [] },
  ...["capture", "inventory", "policy", "devnode", "injector"].flatMap((role) =>
    perHost((h) => ({ subject: `_INBOX_${role}-${h}.>`, by: [`${role}-${h}`] })),
  ),
  ...["capture", "inventory", "devnode", "injector"].flatMap((role) =>
    ["PING", "INFO", "STATS"].map((verb) => ({
      subject: `$SRV.${verb}.udevns-${role}`,
      by: ["a", "b", "c"].map((h) => `${role}-${h}`),
    })),
  ),
  { subject: "$SRV.PING.udevns-policy", by: ["policy-a", "policy-b", "policy-c", "policy"] },
  ...[...people, "policy"].map((name) => ({ subject: `_INBOX_${name}.>`, by: [name] })),
  { subject: "$JS.API.>", by: [] },
  { subject: "$JS.EVENT.>", by: [] },
];
