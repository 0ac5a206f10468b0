import type { NodeSpec, UdevInfo } from "@udevns/protocol";
import type { Audience } from "./audience/audience.ts";
import { type RecordStep, recordSteps, writeRecord } from "./audience/record.ts";
import { saidOf } from "./audience/said.ts";
import type { HeldContainer } from "./containers.ts";
import type { Devnode } from "./devnode.ts";
import { moveIn } from "./link.ts";
import type { Made, Taking } from "./made.ts";
import { makeNode } from "./make-node.ts";
import { isDevPath } from "./node-path.ts";
import { knownLinks, type Trace, tracesOf } from "./traces.ts";

/** A device that is given, or given again where it got lost. */
export type Giving = Exclude<Made, Taking>;

/**
 * Permission, node and links, record: in this order, so that whoever finds the next finds the one before too. What may come to be is
 * in the registry before it is begun, so that whoever takes it finds it, however this ends.
 * @param begun with the interface that an earlier attempt has moved, or was about to move
 */
export async function make(devnode: Devnode, begun: Giving, held: HeldContainer, audience: Audience): Promise<Giving> {
  const said = audience === "none" ? saidOf(begun.order.device) : undefined;
  return await (begun.order.node === undefined
    ? makeWithoutNode(devnode, begun, held, said)
    : makeWithNode(devnode, begun, begun.order.node, held, said));
}

async function makeWithoutNode(
  devnode: Devnode,
  begun: Giving,
  held: HeldContainer,
  said: UdevInfo | undefined,
): Promise<Giving> {
  const { link: _, traces: __, ...bare } = begun;
  const { container, device } = begun.order;
  const info = said === undefined ? undefined : { ...said, links: [] };
  const record = info === undefined ? [] : recordSteps(held, device, info);
  const traces = recordTraces(record);
  const link = moveIn(container, held, device, knownLinks(begun), (noted) =>
    noteTraces(devnode, bare, [{ kind: "interface", link: noted }, ...traces]),
  );
  const moved: Giving = { ...bare, ...(link === undefined ? {} : { link }) };
  noteTraces(devnode, moved, traces);
  const made: Giving = { ...moved, state: "made" };
  return info === undefined ? made : { ...made, udev: { info, files: await writeRecord(held, record) } };
}

async function makeWithNode(
  devnode: Devnode,
  begun: Giving,
  node: NodeSpec,
  held: HeldContainer,
  said: UdevInfo | undefined,
): Promise<Giving> {
  const { order, permission } = begun;
  const spec = withLinks(node, said?.links);
  const info = said === undefined ? undefined : { ...said, links: spec.links };
  const record = info === undefined ? [] : recordSteps(held, order.device, info);
  let noted: readonly Trace[] = [];
  const beforeSteps = async (traces: readonly Trace[]) => {
    noted = traces;
    noteTraces(devnode, begun, traces);
    if (permission !== undefined) await devnode.permissions.allow(order.container, permission);
  };
  const nothingMade = () => noteTraces(devnode, begun, []);
  const { parts, failure } = await makeNode(devnode, { begun, spec, held, record, beforeSteps, nothingMade });
  const { files, ...ours } = parts;
  const known: Giving = { ...begun, ...ours, ...(info === undefined ? {} : { udev: { info, files } }) };
  if (failure !== undefined) {
    // What failed was no bind, or came to nothing; the node for it on our tmpfs may be there.
    const traces = known.node === undefined ? noted.filter(({ kind }) => kind === "bind") : [];
    noteTraces(devnode, known, traces);
    throw failure;
  }
  const isAsSaid = info === undefined || known.links.length === spec.links.length;
  return { ...(isAsSaid ? known : await sayLinks(devnode, known, held, info)), state: "made" };
}

/** The record names the links; where not all could be made, it is said again without those. */
async function sayLinks(devnode: Devnode, known: Giving, held: HeldContainer, wanted: UdevInfo): Promise<Giving> {
  const info = { ...wanted, links: known.links.map(({ path }) => path.slice("dev/".length)) };
  const record = recordSteps(held, known.order.device, info);
  noteTraces(devnode, known, recordTraces(record));
  return { ...known, udev: { info, files: await writeRecord(held, record) } };
}

const recordTraces = (record: readonly RecordStep[]): Trace[] =>
  tracesOf(record.map((operation) => ({ makes: "record", operation })));

function noteTraces({ registry }: Devnode, begun: Giving, traces: readonly Trace[]): void {
  registry.record({ made: traces.length === 0 ? begun : { ...begun, traces } });
}

/** A udevd would make its links itself. */
const withLinks = (node: NodeSpec, links: readonly string[] = []): NodeSpec => ({
  ...node,
  links: [...new Set([...node.links, ...links.filter((link) => link !== node.path && isDevPath(link))])],
});
