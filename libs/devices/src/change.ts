import type { DeviceRecord } from "@udevns/protocol";

/**
 * What one event did to the database.
 * `none`: the edge was older than what is known, or about a device that is not there; nothing changed.
 * `units`: roots of the units whose decision may differ now, before and after: also those below, as a child sees its parents.
 */
export type DeviceChange =
  | { readonly kind: "added"; readonly device: DeviceRecord; readonly units: readonly string[] }
  | {
      readonly kind: "changed";
      readonly device: DeviceRecord;
      readonly before: DeviceRecord;
      readonly units: readonly string[];
    }
  | {
      readonly kind: "removed";
      readonly device: DeviceRecord;
      /** The device and what still hung below it, children first. */
      readonly removed: readonly DeviceRecord[];
      readonly units: readonly string[];
    }
  | { readonly kind: "moved"; readonly device: DeviceRecord; readonly from: string; readonly units: readonly string[] }
  | { readonly kind: "none"; readonly units: readonly [] };

export const noChange: DeviceChange = { kind: "none", units: [] };
