import type { ContainerRecord } from "@udevns/protocol";
import { compileGlobs } from "./glob.ts";
import type { Give } from "./schema.ts";

/** How nodes are made where the rule says so. */
export interface NodeSettings {
  readonly mode?: number;
  readonly owner?: number | string;
  readonly group?: number | string;
  readonly access?: string;
}

export interface CompiledGive {
  /** As the file has it, for `waiting` and `explain`: `container: builder`. */
  readonly text: string;
  readonly takes: (container: ContainerRecord) => boolean;
  readonly share: boolean;
  readonly node: NodeSettings;
}

export function compileGive(give: Give): CompiledGive {
  const tests: ((container: ContainerRecord) => boolean)[] = [];
  const texts: string[] = [];
  if (give.container !== undefined) {
    const names = listOf(give.container);
    tests.push(({ name }) => names.includes(name));
    texts.push(`container: ${names.join(" | ")}`);
  }
  for (const [label, value] of Object.entries(give.labels ?? {})) {
    const glob = compileGlobs(listOf(value));
    tests.push(({ labels }) => labels[label] !== undefined && glob.test(labels[label]));
    texts.push(`label ${label}: ${listOf(value).join(" | ")}`);
  }
  if (give.runtime !== undefined) {
    const names: readonly string[] = listOf(give.runtime);
    tests.push(({ runtime }) => names.includes(runtime));
    texts.push(`runtime: ${names.join(" | ")}`);
  }
  return {
    text: texts.join(", "),
    takes: (container) => tests.every((test) => test(container)),
    share: give.share ?? false,
    node: nodeSettings(give),
  };
}

export function nodeSettings({
  mode,
  owner,
  group,
  access,
}: Pick<Give, "mode" | "owner" | "group" | "access">): NodeSettings {
  return {
    ...(mode !== undefined && { mode: Number.parseInt(mode, 8) }),
    ...(owner !== undefined && { owner: principal(owner) }),
    ...(group !== undefined && { group: principal(group) }),
    ...(access !== undefined && { access }),
  };
}

const principal = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);
const listOf = <T extends string>(value: T | readonly T[]): readonly T[] =>
  typeof value === "string" ? [value] : value;
