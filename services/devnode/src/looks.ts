import type { NodeSpec } from "@udevns/protocol";
import type { Look } from "./look.ts";
import { devPath, parents } from "./node-path.ts";

/** More directories than a container's nodes lie in. */
const MOST_KNOWN = 64;

/**
 * What was seen in each container last, by the directory that a node was for. Whoever goes by it states what it expects in the same
 * visit, before anything is made (`Look.marks`).
 */
export class Looks {
  readonly #known = new Map<string, Map<string, Look>>();

  /** As it would be with nothing in the node's place. */
  recall(instance: string, node: NodeSpec): (Look & { readonly marks: NonNullable<Look["marks"]> }) | undefined {
    const known = this.#known.get(instance)?.get(keyOf(node));
    if (known?.marks === undefined) return undefined;
    return { ...known, marks: known.marks, node: { exists: false } };
  }

  remember(instance: string, node: NodeSpec, look: Look): void {
    const known = this.#known.get(instance) ?? new Map<string, Look>();
    this.#known.set(instance, known);
    if (known.size >= MOST_KNOWN) known.clear();
    if (look.marks === undefined) known.delete(keyOf(node));
    else known.set(keyOf(node), look);
  }

  forget(instance: string): void {
    this.#known.delete(instance);
  }
}

const isNamed = ({ owner, group }: NodeSpec): boolean => typeof owner === "string" || typeof group === "string";
const keyOf = (node: NodeSpec): string => `${isNamed(node)} ${parents(devPath(node.path)).at(-1) ?? ""}`;
