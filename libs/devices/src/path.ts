/** Devpaths compare by component: `/devices/a/event1` is no ancestor of `/devices/a/event10`. */

/** `/devices/a/b` → `["devices", "a", "b"]` */
export const components = (devpath: string): string[] => devpath.split("/").filter((part) => part !== "");

/** The kernel's name of a device, its last component: `event3`. */
export const kernelName = (devpath: string): string => devpath.slice(devpath.lastIndexOf("/") + 1);

/** True when `devpath` is `ancestor` itself or lies below it. */
export const isBelowOrSame = (devpath: string, ancestor: string): boolean =>
  devpath === ancestor || devpath.startsWith(`${ancestor}/`);

/** Sorts parents before children, siblings by their names: the order of a walk through the tree. */
export function byTree(a: string, b: string): number {
  const left = components(a);
  const right = components(b);
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const x = left[i]!;
    const y = right[i]!;
    if (x !== y) return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
