import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Stands for `udevns-gate` where the kernel has no BPF security modules: takes its verbs and remembers what would be closed. */
export interface GateProgram {
  readonly path: string;
  /** From now on it cannot be done, and why. */
  fail(why: string): void;
  mend(): void;
  /** Inodes of the namespaces that are closed; undefined while it is not loaded. */
  closed(): string[] | undefined;
  remove(): void;
}

const SCRIPT = `#!/bin/bash
# Beside this file: "reason" if it fails; "closed" if it is loaded, with one namespace a line.
here=$(dirname "$0") verb=$1 netns=\${2:-}
exec 9>"$here/lock"; flock 9
if [ -e "$here/reason" ]; then echo "udevns-gate: $(cat "$here/reason")" >&2; exit 77; fi
[ "$verb" = load ] || [ "$verb" = probe ] || [ -e "$here/closed" ] || { echo "udevns-gate: not loaded" >&2; exit 1; }
case $verb in
  load) touch "$here/closed" ;;
  add) grep -qx "$netns" "$here/closed" || echo "$netns" >> "$here/closed" ;;
  del) grep -vx "$netns" "$here/closed" > "$here/next"; mv "$here/next" "$here/closed" ;;
  list) sed 's/.*/{"netns":&,"dropped":7,"own":0,"injected":0}/' "$here/closed" | paste -sd, | sed 's/.*/[&]/' ;;
  unload) rm "$here/closed" ;;
esac
exit 0
`;

/** Undefined while it is not there: the program may take it away at any moment. */
function linesOf(file: string): string[] | undefined {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

export function makeGateProgram(): GateProgram {
  const directory = mkdtempSync(join(tmpdir(), "udevns-gate-"));
  const [path, reason, closed] = [join(directory, "udevns-gate"), join(directory, "reason"), join(directory, "closed")];
  writeFileSync(path, SCRIPT, { mode: 0o755 });
  return {
    path,
    fail: (why) => writeFileSync(reason, why),
    mend: () => rmSync(reason, { force: true }),
    closed: () => linesOf(closed),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
