import type { Principal } from "@udevns/protocol";

/**
 * A container's id for an owner or group: a number as it is; a name by its own /etc/passwd or /etc/group, because `render` has
 * another number in every image. A name that it does not know is its root.
 */
export function resolvePrincipal(principal: Principal, accounts: string): number {
  if (typeof principal === "number") return principal;
  for (const line of accounts.split("\n")) {
    const [name, , id] = line.split(":");
    if (name === principal && id !== undefined && /^[0-9]{1,10}$/.test(id)) return Number(id);
  }
  return 0;
}
