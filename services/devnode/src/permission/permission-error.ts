import { type ContainerTarget, formatDevnum, isUdevnsError, UdevnsError } from "@udevns/protocol";
import type { Permission } from "./permission.ts";

/** What the kernel answers of a cgroup or a process that has ended, and of a program (lxc-cgroup) that is not there. */
const NOT_THERE: readonly unknown[] = ["ENOENT", "ENODEV", "ESRCH"];

/** @param isAlive asks for the container itself: something that is not there is not yet the container's end */
export function permissionError(
  { name, instance }: Pick<ContainerTarget, "name" | "instance">,
  permission: Permission,
  cause: unknown,
  isAlive: () => boolean,
): UdevnsError {
  if (isUdevnsError(cause)) return cause;
  const { code, message } = cause as Error & { code?: unknown };
  if (NOT_THERE.includes(code) && !isAlive())
    return new UdevnsError("UDEVNS_E_CONTAINER_GONE", { name, instance }, { cause });
  const device = `${permission.type} ${formatDevnum(permission)}`;
  return new UdevnsError("UDEVNS_E_PERMISSION", { name, device, detail: message }, { cause });
}
