import type { ContainerRecord, DeviceRecord, NodeSpec } from "@udevns/protocol";
import type { CompiledNodeRule, Handling } from "./compile-give.ts";
import { deviceMatches } from "./compile-match.ts";
import type { DeviceFacts, UnitFacts } from "./facts.ts";
import { defaultGroup } from "./groups.ts";
import { fillTemplate } from "./node-name.ts";
import { isNodePath } from "./node-path.ts";
import { some, type Tri } from "./tri.ts";

/** One device for one container. Without `node` it has none on the host either: only its events travel. */
export interface DeviceGift {
  readonly container: ContainerRecord;
  readonly device: DeviceRecord;
  readonly node?: NodeSpec;
}

/** A device that is never given, because of the name that its node would get. */
export interface Refusal {
  readonly device: DeviceRecord;
  readonly code: "UDEVNS_E_NODE_PATH" | "UDEVNS_E_NODE_NAME_TAKEN";
  readonly path: string;
}

export interface Parcel {
  /** Parents first. */
  readonly gives: readonly DeviceGift[];
  readonly refused: readonly Refusal[];
  /** Left out until the host's udev has spoken: only then is it known whether and how they are given. */
  readonly withheld: readonly DeviceRecord[];
}

/** What each owner gets of a unit. */
export function parcel(unit: UnitFacts, owners: readonly ContainerRecord[], handling: Handling): Parcel {
  const gives: DeviceGift[] = [];
  const refused: Refusal[] = [];
  const withheld: DeviceRecord[] = [];
  const taken = new Set<string>();
  for (const device of unit.devices) {
    const { record } = device;
    const wanted = isGiven(device, handling);
    const rule = nodeRuleFor(device, handling.nodes);
    if (wanted === "no") continue;
    if (wanted === "unknown" || rule === "unknown") {
      withheld.push(record);
      continue;
    }
    const node = nodeFor(device, handling, rule);
    const path = node?.path;
    if (path !== undefined && (taken.has(path) || !isNodePath(path))) {
      refused.push({ device: record, code: taken.has(path) ? "UDEVNS_E_NODE_NAME_TAKEN" : "UDEVNS_E_NODE_PATH", path });
      continue;
    }
    if (path !== undefined) taken.add(path);
    for (const container of owners) gives.push({ container, device: record, ...(node !== undefined && { node }) });
  }
  return { gives, refused, withheld };
}

function isGiven(device: DeviceFacts, { omit, only }: Handling): Tri {
  const left = some(omit, (match) => deviceMatches(match, device));
  if (left === "yes") return "no";
  const kept = only.length === 0 ? "yes" : some(only, (match) => deviceMatches(match, device));
  return kept === "no" ? "no" : left === "unknown" ? "unknown" : kept;
}

/** The first that matches; `unknown` where an earlier one may yet. */
function nodeRuleFor(
  device: DeviceFacts,
  rules: readonly CompiledNodeRule[],
): CompiledNodeRule | "unknown" | undefined {
  for (const rule of rules) {
    const matched = rule.match === undefined ? "yes" : deviceMatches(rule.match, device);
    if (matched === "unknown") return "unknown";
    if (matched === "yes") return rule;
  }
  return undefined;
}

function nodeFor(device: DeviceFacts, handling: Handling, rule: CompiledNodeRule | undefined): NodeSpec | undefined {
  const { devnum, devname, udev } = device.record;
  if (devnum === undefined || devname === undefined) return undefined;
  const settings = { ...handling.node, ...rule };
  const own = (rule?.links ?? []).map((template) => fillTemplate(template, device));
  const hosts = handling.hostLinks ? (udev?.links ?? []) : [];
  const path = rule?.name === undefined ? devname : fillTemplate(rule.name, device);
  return {
    path,
    devnum,
    mode: settings.mode ?? 0o660,
    owner: settings.owner ?? 0,
    group: settings.group ?? defaultGroup(device.record),
    links: [...new Set([...own, ...hosts])].filter((link) => isNodePath(link) && link !== path),
    access: settings.access ?? "rw",
  };
}
