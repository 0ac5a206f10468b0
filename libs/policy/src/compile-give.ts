import type { ContainerRecord } from "@udevns/protocol";
import { type CompiledMatch, compileMatch } from "./compile-match.ts";
import { isTemplate, placeholders } from "./node-name.ts";
import type { Reader } from "./reader.ts";
import type { Give, NodeRule, Selector } from "./schema.ts";
import { listOf, readGlobs, textAt } from "./texts.ts";

/** How a node is made where the rule says so. */
export interface NodeSettings {
  readonly mode?: number;
  readonly owner?: number | string;
  readonly group?: number | string;
  readonly access?: string;
}

export interface CompiledNodeRule extends NodeSettings {
  readonly match: CompiledMatch | undefined;
  /** Template of the node's name. */
  readonly name?: string;
  /** Templates of links. */
  readonly links: readonly string[];
}

/** What the owner gets of the unit, and how. */
export interface Handling {
  readonly node: NodeSettings;
  readonly omit: readonly CompiledMatch[];
  readonly only: readonly CompiledMatch[];
  readonly nodes: readonly CompiledNodeRule[];
  readonly hostLinks: boolean;
}

export interface CompiledGive {
  /** As the file has it, for `waiting` and `explain`: `container: builder`. */
  readonly text: string;
  readonly takes: (container: ContainerRecord) => boolean;
  readonly ownerOfPort: boolean;
  readonly share: boolean;
  readonly absent: "wait" | "host" | "deny" | "next";
  readonly handling: Handling;
}

export const plainHandling: Handling = { node: {}, omit: [], only: [], nodes: [], hostLinks: false };

export function compileGive(give: Give, reader: Reader): CompiledGive {
  const { texts, takes } = compileSelector(give, reader);
  const ownerOfPort = give["owner-of-port"] ?? false;
  return {
    text: [...texts, ...(ownerOfPort ? ["owner-of-port"] : [])].join(", "),
    takes,
    ownerOfPort,
    share: give.share ?? false,
    absent: give.absent ?? "wait",
    handling: {
      node: nodeSettings(give),
      omit: (give.omit ?? []).map((match) => compileMatch(match, reader)),
      only: (give.only ?? []).map((match) => compileMatch(match, reader)),
      nodes: (give.nodes ?? []).map((rule) => compileNodeRule(rule, reader)),
      hostLinks: give["host-links"] ?? false,
    },
  };
}

/** All keys must hold. A container's name is compared as it is: names are chosen by people, and a glob could take in a stranger. */
export function compileSelector(selector: Selector, reader: Reader): { texts: string[]; takes: CompiledGive["takes"] } {
  const tests: CompiledGive["takes"][] = [];
  const texts: string[] = [];
  if (selector.container !== undefined) {
    const names = listOf(selector.container);
    tests.push(({ name }) => names.includes(name));
    texts.push(`container: ${names.join(" | ")}`);
  }
  for (const [label, value] of Object.entries(selector.labels ?? {})) {
    const glob = readGlobs(selector.labels!, label, value, reader);
    if (glob === undefined) continue;
    tests.push(({ labels }) => {
      const found = textAt(labels, label);
      return found !== undefined && glob.test(found);
    });
    texts.push(`label ${label}: ${glob.source}`);
  }
  if (selector.runtime !== undefined) {
    const names: readonly string[] = listOf(selector.runtime);
    tests.push(({ runtime }) => names.includes(runtime));
    texts.push(`runtime: ${names.join(" | ")}`);
  }
  return { texts, takes: (container) => tests.every((test) => test(container)) };
}

function compileNodeRule(rule: NodeRule, reader: Reader): CompiledNodeRule {
  const links = rule.links === undefined ? [] : listOf(rule.links);
  const check = (template: string, owner: object, key: string | number): void => {
    if (isTemplate(template)) return;
    const mend = `write a plain path below /dev, without /dev/; {…} may hold ${placeholders.join(", ")}`;
    reader.fail(owner, key, "node-path", `\`${template}\` is not a plain path below /dev`, mend);
  };
  if (rule.name !== undefined) check(rule.name, rule, "name");
  links.forEach((link, i) => {
    if (typeof rule.links === "string") check(link, rule, "links");
    else check(link, links, i);
  });
  return {
    match: rule.match === undefined ? undefined : compileMatch(rule.match, reader),
    ...(rule.name !== undefined && { name: rule.name }),
    links,
    ...nodeSettings(rule),
  };
}

function nodeSettings({ mode, owner, group, access }: Pick<Give, "mode" | "owner" | "group" | "access">): NodeSettings {
  return {
    ...(mode !== undefined && { mode: Number.parseInt(mode, 8) }),
    ...(owner !== undefined && { owner: principal(owner) }),
    ...(group !== undefined && { group: principal(group) }),
    ...(access !== undefined && { access }),
  };
}

const principal = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);
