import { type Holder, isUdevnsError, type WorkOf } from "@udevns/protocol";
import type { Audience } from "./audience/audience.ts";
import type { HeldContainer } from "./containers.ts";
import type { Devnode } from "./devnode.ts";
import { goneOrder } from "./levels.ts";
import type { Made } from "./made.ts";
import { type Giving, make } from "./make.ts";
import { type Permission, permissionFor } from "./permission/permission.ts";
import { asOfNow } from "./still-there.ts";
import { take } from "./take.ts";

export interface Given {
  /** `already`: it was made before. */
  readonly outcome: "done" | "already";
  /** Who has opened, by its number, what is another device's by now. */
  readonly holders: readonly Holder[];
}

/**
 * Makes the node of a device in its container; a device without one is only noted.
 * @throws what the plan refuses; UDEVNS_E_NODE_FS when the container's file system does not let us
 */
export async function give(devnode: Devnode, ordered: WorkOf<"give">, audience: Audience): Promise<Given> {
  const { registry } = devnode;
  const order = asOfNow(ordered);
  const { container } = order;
  const { devpath } = order.device;
  const before = registry.get(container.instance, devpath);
  if (before?.state === "made" && before.spec === specOf(order)) return { outcome: "already", holders: [] };
  const held = devnode.containers.hold(container);
  try {
    const resumes = before?.state === "making" && order === ordered;
    if (before !== undefined) await take(devnode, container, devpath, resumes ? "interface" : undefined);
    const begun: Giving = {
      ...begin(order, await neededPermission(devnode, order)),
      ...(resumes ? interfaceOf(before) : {}),
    };
    if (before !== undefined) registry.record({ made: begun });
    return { outcome: "done", holders: await makeAsOfNow(devnode, begun, held, audience) };
  } catch (error) {
    await undo(devnode, order);
    throw error;
  }
}

const specOf = ({ node }: WorkOf<"give">): string => JSON.stringify(node ?? null);

/** What an earlier attempt has left in the container, as `take` has let it be. */
function interfaceOf({ link, traces = [] }: Made): Pick<Made, "link" | "traces"> {
  const noted = traces.filter(({ kind }) => kind === "interface");
  return { ...(link === undefined ? {} : { link }), ...(noted.length === 0 ? {} : { traces: noted }) };
}

const begin = (order: WorkOf<"give">, permission: Permission | undefined): Giving => ({
  instance: order.container.instance,
  devpath: order.device.devpath,
  state: "making",
  spec: specOf(order),
  links: [],
  told: -1,
  order,
  ...(permission === undefined ? {} : { permission }),
});

/**
 * Makes a device, and looks again whether its number was its own all the while: an unplugged one's is the next one's, whosever that
 * is. Then it is without its node, as if the order had come late.
 * @returns who has opened the other one meanwhile
 */
export async function makeAsOfNow(
  devnode: Devnode,
  begun: Giving,
  held: HeldContainer,
  audience: Audience,
): Promise<readonly Holder[]> {
  const made = await make(devnode, begun, held, audience);
  devnode.registry.record({ made });
  const order = asOfNow(made.order);
  if (order === made.order) return [];
  // Not made, if it cannot be taken back: then it is tried until it can.
  devnode.registry.record({ made: { ...made, state: "making" } });
  const { holders } = await take(devnode, order.container, made.devpath);
  const bare: Giving = { ...begin(order, undefined), told: begun.told };
  devnode.registry.record({ made: bare });
  devnode.registry.record({ made: await make(devnode, bare, held, audience) });
  return holders;
}

/** Whatever has come to be of it goes; what cannot go now is taken until it does (ADR 6). */
async function undo(devnode: Devnode, { container, device: { devpath } }: WorkOf<"give">): Promise<void> {
  const { registry } = devnode;
  const { instance } = container;
  const made = registry.get(instance, devpath);
  if (made?.state !== "making") return;
  const unmade = { instance, devpath };
  try {
    await take(devnode, container, devpath);
    registry.record({ unmade });
  } catch (cause) {
    // With the container all of it goes.
    if (isUdevnsError(cause, "UDEVNS_E_CONTAINER_GONE")) registry.record({ unmade });
    else registry.record({ made: { ...made, state: "taking", take: goneOrder(made), unheard: true } });
  }
}

async function neededPermission(
  { permissions }: Devnode,
  { container, node }: WorkOf<"give">,
): Promise<Permission | undefined> {
  const permission = node === undefined ? undefined : permissionFor(node);
  return permission !== undefined && (await permissions.isNeeded(container, permission)) ? permission : undefined;
}
