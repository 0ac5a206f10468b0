/** Three values: `unknown` is what the host's udev has not said yet. */
export type Tri = "yes" | "no" | "unknown";

export const tri = (value: boolean): Tri => (value ? "yes" : "no");

export const not = (value: Tri): Tri => (value === "yes" ? "no" : value === "no" ? "yes" : "unknown");

/** `no` if one is, else `unknown` if one is, else `yes`. Stops at the first `no`. */
export function every<T>(items: Iterable<T>, test: (item: T) => Tri): Tri {
  let result: Tri = "yes";
  for (const item of items) {
    const value = test(item);
    if (value === "no") return "no";
    if (value === "unknown") result = "unknown";
  }
  return result;
}

/** `yes` if one is, else `unknown` if one is, else `no`. Stops at the first `yes`. */
export function some<T>(items: Iterable<T>, test: (item: T) => Tri): Tri {
  let result: Tri = "no";
  for (const item of items) {
    const value = test(item);
    if (value === "yes") return "yes";
    if (value === "unknown") result = "unknown";
  }
  return result;
}
