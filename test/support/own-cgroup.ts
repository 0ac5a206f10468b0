/**
 * A command's beginning that takes it into a cgroup of its own, of the unified hierarchy and of systemd's: Podman and systemd-nspawn
 * move everything that is in the root cgroup with them to cgroups below it, and so would all that this machine runs.
 */
export const inOwnCgroup = (name: string): string[] => ["sh", "-c", SCRIPT, name];

const SCRIPT = `
for at in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
  [ -e "$at/cgroup.procs" ] || continue
  mkdir -p "$at/$0" && echo $$ > "$at/$0/cgroup.procs"
done
exec "$@"`;
