import type { NodeSpec, UdevInfo, WorkOf } from "@udevns/protocol";
import type { Audience } from "./audience/audience.ts";
import { recordSteps, writeRecord } from "./audience/record.ts";
import { saidOf } from "./audience/said.ts";
import type { HeldContainer } from "./containers.ts";
import type { Devnode } from "./devnode.ts";
import { moveIn } from "./link.ts";
import type { Made } from "./made.ts";
import { makeNode } from "./make-node.ts";
import { isDevPath } from "./node-path.ts";
import { type Permission, permissionFor } from "./permission/permission.ts";
import { asOfNow } from "./still-there.ts";
import { take } from "./take.ts";

/**
 * Makes the node of a device in its container; a device without one is only noted.
 * @returns `already` when it was made before
 * @throws what the plan refuses; UDEVNS_E_NODE_FS when the container's file system does not let us
 */
export async function give(devnode: Devnode, ordered: WorkOf<"give">, audience: Audience): Promise<"done" | "already"> {
  const { registry } = devnode;
  const order = asOfNow(ordered);
  const { instance } = order.container;
  const { devpath } = order.device;
  const spec = JSON.stringify(order.node ?? null);
  const before = registry.get(instance, devpath);
  if (before?.state === "made" && before.spec === spec) return "already";
  if (before?.state === "made" || (before !== undefined && order !== ordered))
    await take(devnode, order.container, devpath);
  const held = devnode.containers.hold(order.container);
  const permission =
    before?.state === "making" && order === ordered ? before.permission : await neededPermission(devnode, order);
  const begun: Made = {
    instance,
    devpath,
    state: "making",
    spec,
    links: before?.links ?? [],
    told: -1,
    order,
    ...(permission === undefined ? {} : { permission }),
  };
  registry.record({ made: begun });
  try {
    registry.record({ made: await make(devnode, begun, held, audience, before !== undefined) });
    return "done";
  } catch (error) {
    if (permission !== undefined) await devnode.permissions.deny(order.container, permission).catch(() => undefined);
    registry.record({ unmade: { instance, devpath } });
    await devnode.removeEmptyDirectories(order.container).catch(() => undefined);
    throw error;
  }
}

/** Permission, node and links, record: in this order, so that whoever finds the next finds the one before too. */
export async function make(
  devnode: Devnode,
  begun: Made,
  held: HeldContainer,
  audience: Audience,
  again: boolean,
): Promise<Made> {
  const { order, permission } = begun;
  if (permission !== undefined) await devnode.permissions.allow(order.container, permission);
  const said = audience === "none" ? saidOf(order.device) : undefined;
  const record = (info: UdevInfo | undefined) => (info === undefined ? [] : recordSteps(held, order.device, info));
  if (order.node === undefined) {
    const link = moveIn(order.container, held, order.device, again);
    const made: Made = { ...begun, ...(link === undefined ? {} : { link }), state: "made" };
    if (said === undefined) return made;
    const info = { ...said, links: [] };
    return { ...made, udev: { info, files: await writeRecord(held, record(info)) } };
  }
  const spec = withLinks(order.node, said?.links);
  const wanted = said === undefined ? undefined : { ...said, links: spec.links };
  const { files, ...node } = await makeNode(devnode, order, spec, held, again, record(wanted));
  const made: Made = { ...begun, ...node, state: "made" };
  if (wanted === undefined) return made;
  const info = { ...wanted, links: made.links.map(({ path }) => path.slice("dev/".length)) };
  // The record names the links; where not all could be made, it is said again without those.
  const asWanted = info.links.length === wanted.links.length;
  return { ...made, udev: { info, files: asWanted ? files : await writeRecord(held, record(info)) } };
}

/** A udevd would make its links itself. */
const withLinks = (node: NodeSpec, links: readonly string[] = []): NodeSpec => ({
  ...node,
  links: [...new Set([...node.links, ...links.filter((link) => link !== node.path && isDevPath(link))])],
});

async function neededPermission(
  { permissions }: Devnode,
  { container, node }: WorkOf<"give">,
): Promise<Permission | undefined> {
  const permission = node === undefined ? undefined : permissionFor(node);
  return permission !== undefined && (await permissions.isNeeded(container, permission)) ? permission : undefined;
}
