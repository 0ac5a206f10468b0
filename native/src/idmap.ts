/** One line of /proc/PID/uid_map, user_namespaces(7). `outside` is in the reader's user namespace. */
export interface IdRange {
  inside: number;
  outside: number;
  count: number;
}

export function parseIdMap(text: string): IdRange[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [inside, outside, count] = line.trim().split(/\s+/).map(Number);
      return { inside: inside!, outside: outside!, count: count! };
    });
}

/** The host's number for an id inside; undefined when it is not mapped. */
export function mapToHost(map: readonly IdRange[], id: number): number | undefined {
  const range = map.find(({ inside, count }) => id >= inside && id < inside + count);
  return range && range.outside + (id - range.inside);
}
