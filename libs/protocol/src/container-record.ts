import { type Static, Type } from "@sinclair/typebox";
import { StringMap } from "./uevent-message.ts";

const Inode = Type.String({ pattern: "^[0-9]+$" });

export const IdMapEntry = Type.Object(
  { inside: Type.Integer(), outside: Type.Integer(), count: Type.Integer() },
  { additionalProperties: false },
);
export type IdMapEntry = Static<typeof IdMapEntry>;

export const runtimes = ["process", "docker", "podman", "lxc", "incus", "nspawn"] as const;
export type Runtime = (typeof runtimes)[number];

/**
 * One life of a container, and how to be sure that it is still the same one: pid and start time against reuse of the pid,
 * namespace inodes (decimal, from /proc/PID/ns/*), host ids of its root.
 */
const ContainerLife = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    /** One life of the container: `<boot>:<pid>:<start time>`. A restart makes another. */
    instance: Type.String(),
    pid: Type.Integer({ minimum: 1 }),
    /** Field 22 of /proc/PID/stat, clock ticks since boot. */
    startTime: Inode,
    namespaces: Type.Object({ net: Inode, mnt: Inode, user: Inode }, { additionalProperties: false }),
    /** True when it has a user namespace of its own. */
    userNamespaced: Type.Boolean(),
    /** Host ids of its uid 0 and gid 0. */
    root: Type.Object({ uid: Type.Integer(), gid: Type.Integer() }, { additionalProperties: false }),
  },
  { additionalProperties: false },
);

const RuntimeName = Type.Union(runtimes.map((name) => Type.Literal(name)));

/** Who tells the container's programs of a device: `udevd` its own, on the kernel's word; `none` we do; `auto` find out. */
export const udevChoices = ["auto", "udevd", "none"] as const;
export type UdevChoice = (typeof udevChoices)[number];

/** What devnode and injector need to act on a container. */
export const ContainerTarget = Type.Composite(
  [
    ContainerLife,
    Type.Object({
      /** Nothing is the same as `process`. */
      runtime: Type.Optional(RuntimeName),
      id: Type.Optional(Type.String()),
      /** Nothing is the same as `auto`. */
      udev: Type.Optional(Type.Union(udevChoices.map((choice) => Type.Literal(choice)))),
    }),
  ],
  { additionalProperties: false },
);
export type ContainerTarget = Static<typeof ContainerTarget>;

/** A container as inventory knows it, whatever its runtime. Kept in bucket `UDEVNS_CONTAINERS`, key `<host>.<name>`. */
export const ContainerRecord = Type.Composite(
  [
    ContainerLife,
    Type.Object({
      v: Type.Literal(1),
      host: Type.String(),
      boot: Type.String(),
      runtime: RuntimeName,
      /** The runtime's own id, where it has one; of LXC its directory, `/var/lib/lxc/c1`. */
      id: Type.Optional(Type.String()),
      state: Type.Union([Type.Literal("running"), Type.Literal("paused")]),
      labels: StringMap,
      idMap: Type.Object({ uid: Type.Array(IdMapEntry), gid: Type.Array(IdMapEntry) }, { additionalProperties: false }),
      /** Lines of /proc/PID/cgroup: hierarchy id, controllers (empty list = v2), path. */
      cgroups: Type.Array(
        Type.Object(
          { hierarchy: Type.Integer(), controllers: Type.Array(Type.String()), path: Type.String() },
          { additionalProperties: false },
        ),
      ),
      /** When inventory first saw this instance, ISO 8601. */
      since: Type.String(),
    }),
  ],
  { $id: "container", additionalProperties: false },
);
export type ContainerRecord = Static<typeof ContainerRecord>;

/** Labels by which a container says how it wants to be treated; every other label is for policy to match. */
export const optionLabels = { enable: "udevns.enable", udev: "udevns.udev", devices: "udevns.devices" } as const;

/** The part of a record that travels in work items. */
export function targetOf(record: ContainerRecord): ContainerTarget {
  const { name, instance, pid, startTime, namespaces, userNamespaced, root, runtime, id, labels } = record;
  const udev = udevChoices.find((choice) => choice === labels[optionLabels.udev]);
  return {
    name,
    instance,
    pid,
    startTime,
    namespaces,
    userNamespaced,
    root,
    runtime,
    ...(id === undefined ? {} : { id }),
    ...(udev === undefined ? {} : { udev }),
  };
}
