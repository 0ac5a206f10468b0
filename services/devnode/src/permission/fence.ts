import type { Permission } from "./permission.ts";

/** Something that keeps a container from devices, and how to open it for one. */
export interface Fence {
  /** True when the container may use it without us: then it is not ours to take away either. */
  isOpenFor(permission: Permission): Promise<boolean>;
  /** Idempotent. */
  allow(permission: Permission): Promise<void>;
  /** Idempotent; leaves what the runtime allows. */
  deny(permission: Permission): Promise<void>;
  /** Opens it again for what somebody has shut out. @returns whether there was anything to do */
  repair(permissions: readonly Permission[]): Promise<boolean>;
  close(): void;
}
