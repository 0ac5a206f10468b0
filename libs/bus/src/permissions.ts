import { bucketNames, consumerNames, type ServiceRole, streamNames, subjects, token } from "@udevns/protocol";
import { entries, follow, get, info, lookUp, readLog } from "./api-subjects.ts";

/** Who may connect: a service of one host, the policy replicas of the whole fleet, or a person. */
export type BusUser =
  | { readonly kind: "service"; readonly role: ServiceRole; readonly host: string }
  | { readonly kind: "policy" }
  | { readonly kind: "viewer" }
  | { readonly kind: "operator" }
  | { readonly kind: "admin" };

export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** May answer requests that reach it, on whatever inbox they name. */
  readonly responses: boolean;
}

/** Name of a user, of its key file and of its inbox. */
export function userName(user: BusUser): string {
  return user.kind === "service" ? `${user.role}-${token(user.host)}` : user.kind;
}

/** Its key's, in a directory of credentials. */
export const keyFile = (user: BusUser): string => `${userName(user)}.nk`;

export const inboxPrefix = (user: BusUser): string => `_INBOX_${userName(user)}`;

/** What a user may publish and subscribe: exactly what it does, and nothing else (docs/security.md has it as a table). */
export function permissions(user: BusUser): Permissions {
  const inbox = `${inboxPrefix(user)}.>`;
  switch (user.kind) {
    case "service":
      return {
        publish: [subjects.status(user.host, user.role), ...publishes(user)],
        subscribe: [inbox, ...discovery(user.role), ...requests(user).map((method) => subjects.rpc(user.host, method))],
        responses: true,
      };
    case "policy":
      return {
        publish: ["udevns.v1.status.*.policy", ...decide(fleet), ...publishPolicy],
        subscribe: [inbox, ...discovery("policy")],
        responses: true,
      };
    case "viewer":
      return { publish: look, subscribe: [inbox, subjects.everything], responses: false };
    case "operator":
      return { publish: [...look, ...change], subscribe: [inbox, subjects.everything], responses: false };
    case "admin":
      return { publish: [">"], subscribe: [">"], responses: false };
    default:
      return user satisfies never;
  }
}

function publishes({ role, host }: Extract<BusUser, { kind: "service" }>): string[] {
  const here = token(host);
  switch (role) {
    case "capture":
      return [
        subjects.uevents(host),
        info(streamNames.uevent(host)),
        `$JS.API.STREAM.MSG.GET.${streamNames.uevent(host)}`,
        ...lookUp(bucketNames.devices, here),
        ...lookUp(bucketNames.positions, here),
        ...follow(bucketNames.policy, consumerNames.capturePolicy(host), ">"),
      ];
    case "inventory":
      return [
        subjects.containers(host),
        ...lookUp(bucketNames.containers, here),
        entries(bucketNames.containers, `${here}.>`),
      ];
    case "policy":
      return decide(only(host));
    case "devnode":
      return [
        ...readLog(streamNames.devnode(host), consumerNames.devnode(host), subjects.devnodeWorks(host)),
        ...follow(bucketNames.containers, consumerNames.devnodeContainers(host), `${here}.>`),
        subjects.injectWorks(host),
        info(streamNames.inject(host)),
        `$JS.API.STREAM.MSG.GET.${streamNames.inject(host)}`,
        subjects.result(host, "*", "devnode").replace(token("*"), "*"),
      ];
    case "injector":
      return [
        ...readLog(streamNames.inject(host), consumerNames.injector(host), subjects.injectWorks(host)),
        subjects.result(host, "*", "inject").replace(token("*"), "*"),
      ];
    default:
      return role satisfies never;
  }
}

/** Methods that it answers. */
function requests({ role }: Extract<BusUser, { kind: "service" }>): readonly string[] {
  return { capture: ["scan"], inventory: ["attach", "detach"], policy: [], devnode: [], injector: [] }[role];
}

/** The hosts that a policy process decides for: one by its exact names, or all by wildcards. */
interface Realm {
  readonly host: string | undefined;
  readonly token: string;
  /** Its keys in a bucket. */
  readonly keys: string;
  name(of: (host: string) => string): string;
}
const only = (host: string): Realm => ({ host, token: token(host), keys: `${token(host)}.>`, name: (of) => of(host) });
const fleet: Realm = { host: undefined, token: "*", keys: ">", name: () => "*" };

function decide({ host, token: here, keys, name }: Realm): string[] {
  const levels = [bucketNames.devices, bucketNames.grants, bucketNames.positions];
  return [
    ...readLog(name(streamNames.uevent), name(consumerNames.policy), subjects.uevents(host)),
    subjects.devnodeWorks(host),
    `udevns.v1.work.term.${here}`,
    info(name(streamNames.devnode)),
    `$JS.API.STREAM.MSG.GET.${name(streamNames.devnode)}`,
    ...levels.flatMap((bucket) => [info(`KV_${bucket}`), get(bucket, keys)]),
    ...follow(bucketNames.containers, name(consumerNames.policyContainers), keys),
    ...follow(bucketNames.claims, name(consumerNames.policyClaims), keys),
    ...levels.map((bucket) => entries(bucket, keys)),
    ...follow(bucketNames.policy, name(consumerNames.policyRules), ">"),
    get(bucketNames.policy, ">"),
    ...follow(bucketNames.leases, name(consumerNames.policyLeases), keys),
    entries(bucketNames.leases, keys),
    get(bucketNames.leases, keys),
    ...follow(bucketNames.hosts, name(consumerNames.policyHosts), keys),
    `udevns.v1.audit.${here}.decision`,
    `udevns.v1.audit.${here}.policy`,
    `udevns.v1.rpc.${here}.scan`,
  ];
}

/** Only a replica of the whole fleet may say what holds for the whole fleet. */
const publishPolicy = [entries(bucketNames.policy, ">")];

/** A person's commands have consumers of their own, so these are named by stream and not by consumer. */
const look: readonly string[] = [
  ...Object.values(bucketNames).flatMap((bucket) => [...follow(bucket, "*", ">"), get(bucket, ">")]),
  ...readLog(streamNames.audit, "*", ">").filter((subject) => !subject.includes("CONSUMER.CREATE")),
  `$JS.API.CONSUMER.CREATE.${streamNames.audit}.*.>`,
  "$JS.API.STREAM.INFO.*",
  "$JS.API.CONSUMER.INFO.*.*",
  `$JS.API.DIRECT.GET.${streamNames.status}.>`,
  "$SRV.>",
];

const change: readonly string[] = [entries(bucketNames.claims, ">"), "udevns.v1.audit.*.claim", "udevns.v1.rpc.>"];

function discovery(role: ServiceRole): string[] {
  return ["PING", "INFO", "STATS"].flatMap((verb) =>
    ["", `.udevns-${role}`, `.udevns-${role}.*`].map((rest) => `$SRV.${verb}${rest}`),
  );
}
