import { type Static, type TObject, Type } from "@sinclair/typebox";
import { deviceClasses } from "@udevns/devices";
import { AnyKey, gateWishes, runtimes } from "@udevns/protocol";

const closed = { additionalProperties: false } as const;

const words = <const T extends string>(names: readonly T[]) => Type.Union(names.map((name) => Type.Literal(name)));

const oneOrMore = (description: string) =>
  Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })], { description });

const texts = (description: string) => Type.Record(AnyKey, oneOrMore("glob, or several"), { description });

const id4 = Type.String({
  pattern: "^(0[xX])?[0-9a-fA-F]{1,4}$",
  description: "give up to four hex digits, as in `lsusb`",
});
const ids = (description: string) => Type.Union([id4, Type.Array(id4, { minItems: 1 })], { description });

const className = words(deviceClasses);

const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const Hours = Type.String({
  pattern: "^([01]?[0-9]|2[0-3]):[0-5][0-9]-([01]?[0-9]|2[0-4]):[0-5][0-9]$",
  description: "give `HH:MM-HH:MM`; a later start than end goes over midnight",
});

/** When a rule holds; asked anew each minute. */
export const Time = Type.Object(
  {
    hours: Type.Optional(Type.Union([Hours, Type.Array(Hours, { minItems: 1 })])),
    days: Type.Optional(Type.Union([words(days), Type.Array(words(days), { minItems: 1 })])),
    zone: Type.Optional(Type.String({ description: "an IANA zone, such as Europe/Berlin; UTC if not given" })),
  },
  { ...closed, description: "when the rule holds" },
);
export type Time = Static<typeof Time>;

/** Plain keys must all hold for one and the same device of the unit; each operator asks the unit anew. */
export const Match = Type.Recursive(
  (Self) =>
    Type.Object(
      {
        subsystem: Type.Optional(oneOrMore("the device's subsystem: block, input, tty, …")),
        devtype: Type.Optional(oneOrMore("the device's DEVTYPE: usb_device, disk, partition, …")),
        kernel: Type.Optional(oneOrMore("the kernel's name of the device, the last part of its devpath: event3")),
        devname: Type.Optional(oneOrMore("the node below /dev: input/event3")),
        devpath: Type.Optional(oneOrMore("the path below /sys")),
        class: Type.Optional(
          Type.Union([className, Type.Array(className, { minItems: 1 })], { description: "what the device is for" }),
        ),
        vendor: Type.Optional(ids("vendor id of the device or of the nearest parent that has one")),
        product: Type.Optional(ids("product id of the device or of the nearest parent that has one")),
        serial: Type.Optional(oneOrMore("serial number of the device or of the nearest parent that has one")),
        driver: Type.Optional(oneOrMore("driver of the device or of a parent")),
        port: Type.Optional(oneOrMore("where the unit is plugged in: 1-1.2, or pci-0000:00:14.0-usb-0:1.2")),
        pci: Type.Optional(oneOrMore("address of the PCI function that the device is or hangs on: 0000:00:02.0")),
        identity: Type.Optional(oneOrMore("the unit's identity, as `udevns devices` shows it")),
        property: Type.Optional(texts("the device's properties, the kernel's and udev's")),
        attribute: Type.Optional(texts("sysfs attributes, all at the device or all at one parent")),
        tag: Type.Optional(oneOrMore("a tag that the host's udev gave the device")),
        link: Type.Optional(oneOrMore("a link below /dev that the host's udev made: input/by-id/…")),
        arrival: Type.Optional(words(["present", "inserted"])),
        host: Type.Optional(oneOrMore("the host's name")),
        time: Type.Optional(Time),
        udev: Type.Optional(oneOrMore("a match in udev's own syntax; several: any of them")),
        when: Type.Optional(Type.String({ minLength: 1, description: "a CEL expression that is true or false" })),
        "any-of": Type.Optional(Type.Array(Self, { minItems: 1, description: "the unit satisfies one of these" })),
        "all-of": Type.Optional(Type.Array(Self, { minItems: 1, description: "the unit satisfies each of these" })),
        "none-of": Type.Optional(Type.Array(Self, { minItems: 1, description: "the unit satisfies none of these" })),
      },
      closed,
    ),
  { $id: "match" },
);
export type Match = Static<typeof Match>;

const Mode = Type.String({ pattern: "^0?[0-7]{3}$", description: "give three octal digits: 0660" });
const Access = Type.String({ pattern: "^[rwm]{1,3}$", description: "give letters of `rwm`" });

/** How a node is made. */
const nodeKeys = {
  mode: Type.Optional(Mode),
  owner: Type.Optional(Type.String({ minLength: 1, description: "user in the container, by number or name" })),
  group: Type.Optional(Type.String({ minLength: 1, description: "group in the container, by number or name" })),
  access: Type.Optional(Access),
};

/** The node of some of the unit's devices, made otherwise than the rest. */
export const NodeRule = Type.Object(
  {
    match: Type.Optional(Match),
    name: Type.Optional(Type.String({ minLength: 1, description: "the node's name below the container's /dev" })),
    links: Type.Optional(oneOrMore("links below the container's /dev that lead to the node")),
    ...nodeKeys,
  },
  closed,
);
export type NodeRule = Static<typeof NodeRule>;

/** Which containers are meant; all keys must hold. */
const selectorKeys = {
  container: Type.Optional(oneOrMore("the container's name")),
  labels: Type.Optional(texts("labels that the container has, all of them")),
  runtime: Type.Optional(Type.Union([words(runtimes), Type.Array(words(runtimes), { minItems: 1 })])),
};
export type Selector = Static<TObject<typeof selectorKeys>>;

export const Give = Type.Object(
  {
    ...selectorKeys,
    "owner-of-port": Type.Optional(
      Type.Boolean({ description: "to whoever owns the hub that the unit is plugged into" }),
    ),
    share: Type.Optional(Type.Boolean({ description: "give it to every container that matches" })),
    absent: Type.Optional(words(["wait", "host", "deny", "next"])),
    omit: Type.Optional(Type.Array(Match, { minItems: 1, description: "devices of the unit that are not given" })),
    only: Type.Optional(Type.Array(Match, { minItems: 1, description: "the devices of the unit that are given" })),
    nodes: Type.Optional(Type.Array(NodeRule, { minItems: 1, description: "for each device the first that matches" })),
    "host-links": Type.Optional(Type.Boolean({ description: "make the links that the host's udev made" })),
    ...nodeKeys,
  },
  closed,
);
export type Give = Static<typeof Give>;

export const Rule = Type.Object(
  {
    name: Type.String({ minLength: 1, description: "tells the rule in `explain` and in the audit; no two alike" }),
    match: Match,
    give: Type.Optional(Give),
    deny: Type.Optional(Type.Boolean({ description: "no container gets it" })),
  },
  closed,
);
export type Rule = Static<typeof Rule>;

/** Whether the host's own events are kept out of containers; for each the first that takes it. */
export const GateRule = Type.Object({ ...selectorKeys, gate: words(gateWishes) }, closed);
export type GateRule = Static<typeof GateRule>;

export const PolicyFile = Type.Object(
  {
    version: Type.Literal(1),
    gates: Type.Optional(
      Type.Array(GateRule, { minItems: 1, description: "for each container the first that takes it" }),
    ),
    rules: Type.Array(Rule),
  },
  { ...closed, $id: "policy.schema.json", title: "udevns policy" },
);
export type PolicyFile = Static<typeof PolicyFile>;
