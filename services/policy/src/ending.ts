import type { Grant } from "@udevns/protocol";
import { type Cause, forget, take } from "./order.ts";
import type { Picture } from "./picture.ts";
import type { Collector } from "./reaction.ts";

export function takeBack(picture: Picture, grant: Grant, cause: Cause, reaction: Collector): void {
  reaction.orders.push(take(cause, grant));
  picture.drop(grant);
}

/** Ends what other lives of a container had. @param living its instance now, undefined when there is none */
export function endDead(
  picture: Picture,
  name: string,
  living: string | undefined,
  cause: Cause,
  reaction: Collector,
): void {
  const dead = [...picture.grants.all()].filter(
    ({ container }) => container.name === name && container.instance !== living,
  );
  for (const grant of dead) picture.drop(grant);
  const instances = new Map(dead.map(({ container }) => [container.instance, container]));
  for (const container of instances.values()) reaction.orders.push(forget(cause, container));
}

/** Ends what containers and devices that are gone leave. */
export function endGone(picture: Picture, cause: Cause, reaction: Collector): void {
  const { containers, db, grants } = picture;
  for (const name of new Set(Array.from(grants.all(), ({ container }) => container.name))) {
    endDead(picture, name, containers.get(name)?.instance, cause, reaction);
  }
  for (const grant of [...grants.all()]) {
    if (db.get(grant.device.devpath) === undefined) takeBack(picture, grant, cause, reaction);
  }
}
