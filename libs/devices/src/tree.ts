import { components } from "./path.ts";

/** One directory of the tree; `value` is there where it is a device. */
export interface TreeNode<T> {
  readonly name: string;
  readonly parent: TreeNode<T> | undefined;
  readonly children: Map<string, TreeNode<T>>;
  value: T | undefined;
}

/** Values by devpath, in a tree of path components; directories that are no device are skipped by every walk. */
export class Tree<T> {
  readonly #root: TreeNode<T> = node("", undefined);

  get(devpath: string): T | undefined {
    const { at, whole } = this.#descend(devpath);
    return whole ? at.value : undefined;
  }

  set(devpath: string, value: T): void {
    let at = this.#root;
    for (const part of components(devpath)) {
      let next = at.children.get(part);
      if (next === undefined) {
        next = node(part, at);
        at.children.set(part, next);
      }
      at = next;
    }
    at.value = value;
  }

  /** Takes the value away, and the directories that nothing hangs in any more. */
  delete(devpath: string): void {
    let { at, whole } = this.#descend(devpath);
    if (!whole) return;
    at.value = undefined;
    while (at.parent !== undefined && at.value === undefined && at.children.size === 0) {
      at.parent.children.delete(at.name);
      at = at.parent;
    }
  }

  /** Values above a path, nearest first; the path itself need not be known. */
  *above(devpath: string): Generator<T> {
    const { at, whole } = this.#descend(devpath);
    for (let next = whole ? at.parent : at; next !== undefined; next = next.parent) {
      if (next.value !== undefined) yield next.value;
    }
  }

  /** The value at a path and those below it, parents first, siblings by name. A value that `into` refuses is left out with all below it. */
  *within(devpath: string, into: (value: T) => boolean = () => true): Generator<T> {
    const { at, whole } = this.#descend(devpath);
    if (whole) yield* walk(at, into);
  }

  /** As deep as the tree knows the path; `whole` when that is all of it. */
  #descend(devpath: string): { at: TreeNode<T>; whole: boolean } {
    let at = this.#root;
    for (const part of components(devpath)) {
      const next = at.children.get(part);
      if (next === undefined) return { at, whole: false };
      at = next;
    }
    return { at, whole: true };
  }
}

const node = <T>(name: string, parent: TreeNode<T> | undefined): TreeNode<T> => ({
  name,
  parent,
  children: new Map(),
  value: undefined,
});

function* walk<T>(start: TreeNode<T>, into: (value: T) => boolean): Generator<T> {
  if (start.value !== undefined) {
    if (!into(start.value)) return;
    yield start.value;
  }
  for (const name of [...start.children.keys()].sort()) yield* walk(start.children.get(name)!, into);
}
