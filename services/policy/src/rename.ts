import type { UeventMessage } from "@udevns/protocol";
import { takeBack } from "./ending.ts";
import { type Cause, tell } from "./order.ts";
import type { Moved, Picture } from "./picture.ts";
import type { Collector } from "./reaction.ts";

/**
 * Grants go along with a renamed device and all below it. Its holders are told before anything else: whatever is ordered behind
 * that is about the new names. Who has only something below is told of no rename, so the old name is taken from it.
 */
export function rename(
  picture: Picture,
  change: Moved,
  cause: Cause & { readonly event: UeventMessage },
  reaction: Collector,
): void {
  const { db, grants } = picture;
  const holders = new Set(grants.of(change.from).map(({ container }) => container.name));
  const along = picture.along(change);
  for (const [old] of [...along].reverse()) {
    for (const grant of grants.of(old))
      if (!holders.has(grant.container.name)) takeBack(picture, grant, cause, reaction);
  }
  for (const [old, device] of along) {
    for (const grant of grants.of(old)) {
      picture.drop(grant);
      picture.keep({ ...grant, device, unit: db.unitOf(device.devpath)?.root ?? grant.unit });
      if (old === change.from) reaction.orders.push(tell(cause, grant.container, device, cause.event));
    }
  }
}
