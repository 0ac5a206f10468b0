import { type Static, Type } from "@sinclair/typebox";
import { ContainerTarget } from "./container-record.ts";
import { DeviceRecord } from "./device-record.ts";
import { GateWish } from "./gate.ts";
import { Authority, NodeSpec } from "./grant.ts";
import { Hops } from "./hops.ts";
import { LogPosition } from "./position.ts";
import { StringMap } from "./uevent-message.ts";

/** The uevent that the container shall hear. SEQNUM is not in it: the kernel writes its own. */
export const OutgoingUevent = Type.Object(
  { action: Type.String(), devpath: Type.String(), properties: StringMap },
  { additionalProperties: false },
);
export type OutgoingUevent = Static<typeof OutgoingUevent>;

const common = {
  v: Type.Literal(1),
  /** `<cause>/<container>`: the same for every attempt at the same work. Also the Msg-Id. */
  id: Type.String(),
  host: Type.String(),
  boot: Type.String(),
  container: ContainerTarget,
  hops: Hops,
};

const order = {
  ...common,
  /** How much of the host's log of uevents was decided when this was ordered: whoever decides next goes on from there. */
  after: Type.Optional(LogPosition),
};

/**
 * One order to devnode, on `udevns.v1.work.devnode.<host>.<container>`:
 * `give` make the node, then tell `add`; `take` remove it, then tell `remove`; `tell` only an event about a device that it has;
 * `gate` keep the host's own events out of it, or no longer;
 * `forget` the container is gone: clean up what the host keeps for it.
 */
export const DevnodeWork = Type.Union(
  [
    Type.Object(
      {
        ...order,
        kind: Type.Literal("give"),
        device: DeviceRecord,
        unit: Type.String(),
        by: Authority,
        share: Type.Boolean(),
        node: Type.Optional(NodeSpec),
        uevent: OutgoingUevent,
      },
      { additionalProperties: false },
    ),
    Type.Object(
      { ...order, kind: Type.Literal("take"), device: DeviceRecord, uevent: OutgoingUevent },
      { additionalProperties: false },
    ),
    Type.Object(
      { ...order, kind: Type.Literal("tell"), device: DeviceRecord, uevent: OutgoingUevent },
      { additionalProperties: false },
    ),
    Type.Object({ ...order, kind: Type.Literal("gate"), wish: GateWish }, { additionalProperties: false }),
    Type.Object({ ...order, kind: Type.Literal("forget") }, { additionalProperties: false }),
  ],
  { $id: "devnode-work" },
);
export type DevnodeWork = Static<typeof DevnodeWork>;
export type WorkOf<K extends DevnodeWork["kind"]> = Extract<DevnodeWork, { kind: K }>;
/** An order about one device of the container. */
export type DeviceWork = Extract<DevnodeWork, { device: DeviceRecord }>;

/** One order to the injector, on `udevns.v1.work.inject.<host>.<container>`; published by devnode only after its part is done. */
export const InjectWork = Type.Object(
  {
    ...common,
    subsystem: Type.String(),
    uevent: OutgoingUevent,
    /** `kernel`: the container's own udevd listens; `udev`: nobody does, so programs get libudev's message; its extra properties. */
    audience: Type.Union([
      Type.Object({ kind: Type.Literal("kernel") }, { additionalProperties: false }),
      Type.Object(
        { kind: Type.Literal("udev"), properties: StringMap, tags: Type.Array(Type.String()) },
        { additionalProperties: false },
      ),
    ]),
  },
  { $id: "inject-work", additionalProperties: false },
);
export type InjectWork = Static<typeof InjectWork>;
