import { basename } from "node:path";
import type { ContainerTarget } from "@udevns/protocol";

/** The cgroup at which a container's devices are limited. */
export interface OwnCgroup {
  readonly path: string;
  /** The runtime's id is in the name, so that it can be no other's. Else its members must be looked at. */
  readonly named: boolean;
}

/**
 * Finds it on the way to the cgroup of the container's first process, which may have moved itself further down
 * (systemd goes to `init.scope`).
 * @returns undefined for the root, where nothing is limited
 */
export function ownCgroup(path: string, container: Pick<ContainerTarget, "runtime" | "id">): OwnCgroup | undefined {
  if (path === "/" || path.startsWith("/..")) return undefined;
  const marks = nameOf(container);
  if (marks === undefined) return { path, named: false };
  const parts = path.split("/").slice(1);
  const at = parts.findIndex((part) => marks(part));
  return at < 0 ? { path, named: false } : { path: `/${parts.slice(0, at + 1).join("/")}`, named: true };
}

/** Tells the component of a path that a runtime makes for a container. */
function nameOf({
  runtime = "process",
  id,
}: Pick<ContainerTarget, "runtime" | "id">): ((part: string) => boolean) | undefined {
  if (id === undefined) return undefined;
  const name = basename(id);
  switch (runtime) {
    case "docker":
    case "podman":
      // cgroupfs: the id; systemd: `docker-ID.scope`, `libpod-ID.scope`.
      return (part) => part.includes(id);
    case "lxc":
    case "incus":
      // The second of a name is `lxc.payload.NAME-1`, so this one must match whole.
      return (part) => part === `lxc.payload.${name}` || part === `lxc.payload@${name}`;
    case "nspawn":
      return (part) => part === `machine-${escaped(name)}.scope` || part === `systemd-nspawn@${name}.service`;
    case "process":
      return undefined;
    default:
      return runtime satisfies never;
  }
}

/** As systemd writes a machine's name into the name of its scope (systemd.unit(5), "String Escaping for Inclusion in Unit Names"). */
const escaped = (name: string): string =>
  name.replace(/^\.|[^A-Za-z0-9:_.]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);

/**
 * The cgroups from the container's own one down to that of its first process: a program may be attached to each of them (crun makes
 * one below), and v1 gives what its parent is allowed later to none that is there already.
 */
export function levelsDown(own: string, path: string): string[] {
  const below = path.slice(own.length).split("/").slice(1);
  return [own, ...below.map((_, index) => `${own}/${below.slice(0, index + 1).join("/")}`)];
}
