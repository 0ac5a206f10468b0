import { shell } from "./shell.ts";

/**
 * A command's beginning that takes it into a cgroup of its own, of the unified hierarchy and of systemd's: Podman and systemd-nspawn
 * move everything that is in the root cgroup with them to cgroups below it, and so would all that this machine runs.
 */
export const inOwnCgroup = (name: string): string[] => ["sh", "-c", SCRIPT, name];

/** Ends what is left in it (Podman's monitors outlive what was executed by minutes), and removes it. */
export async function endOwnCgroup(name: string): Promise<void> {
  await shell(END, name);
}

const END = `
for at in /sys/fs/cgroup /sys/fs/cgroup/unified; do [ ! -e "$at/$1/cgroup.kill" ] || echo 1 > "$at/$1/cgroup.kill"; done
for at in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
  [ -d "$at/$1" ] || continue
  for try in $(seq 1000); do [ -z "$(cat "$at/$1/cgroup.procs")" ] && break; sleep 0.05; done
  find "$at/$1" -depth -type d -exec rmdir {} +
done`;

const SCRIPT = `
for at in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
  [ -e "$at/cgroup.procs" ] || continue
  mkdir -p "$at/$0" && echo $$ > "$at/$0/cgroup.procs"
done
exec "$@"`;
