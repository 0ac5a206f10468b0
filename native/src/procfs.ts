/** Pure parsers of procfs(5) texts. */

export interface CgroupMembership {
  /** 0 for the unified hierarchy. */
  hierarchy: number;
  /** Empty for the unified hierarchy; `name=systemd` for a named one. */
  controllers: string[];
  path: string;
}

/** Start time in clock ticks since boot: field 22. The name in field 2 may hold anything, `) 1 (` too. */
export function parseStartTime(stat: string): bigint {
  const afterName = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startTime = afterName[22 - 3];
  if (startTime === undefined) throw new SyntaxError(`not a /proc/PID/stat: ${JSON.stringify(stat)}`);
  return BigInt(startTime);
}

/** Its parent: field 4. */
export const parseParent = (stat: string): number => Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[4 - 3]);

/** `net:[4026531840]` → 4026531840n */
export function parseNamespace(link: string): bigint {
  const inode = /^\w+:\[(\d+)\]$/.exec(link)?.[1];
  if (inode === undefined) throw new SyntaxError(`not a namespace link: ${JSON.stringify(link)}`);
  return BigInt(inode);
}

/** `hierarchy:controllers:path`, where the path may hold colons. */
export function parseCgroups(text: string): CgroupMembership[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [, hierarchy, controllers, path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
      if (path === undefined) throw new SyntaxError(`not a /proc/PID/cgroup line: ${JSON.stringify(line)}`);
      return { hierarchy: Number(hierarchy), controllers: controllers ? controllers.split(",") : [], path };
    });
}
