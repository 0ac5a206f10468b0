import { DeviceDatabase, type Unit } from "@udevns/devices";
import { decide, type UnitDecision } from "@udevns/policy";
import type { ContainerRecord } from "@udevns/protocol";
import { Grants } from "../../src/grants.ts";
import type { Cause } from "../../src/order.ts";
import { planUnit, type UnitPlan } from "../../src/plan.ts";
import { policy } from "./host.ts";
import { plug, STICK } from "./stick.ts";

export const cause: Cause = { id: "lab:b0:9", host: "lab", boot: "b0", hops: { received: 1 } };

/** The stick as a unit; with another minor number of its disk where that is given. */
export function stick(minor = 0): Unit {
  const db = new DeviceDatabase();
  for (const event of plug()) db.apply(event);
  for (const device of [...db.all()].filter(({ devname }) => devname === "sda"))
    db.put({ ...device, devnum: { type: "b", major: 8, minor } });
  return db.unit(STICK)!;
}

/** All of a unit for these containers. @param more is added to the rule's `give` */
export function owned(unit: Unit, containers: readonly ContainerRecord[], more = ""): UnitDecision {
  const db = new DeviceDatabase();
  for (const device of unit.devices) db.put(device);
  const names = containers.map(({ name }) => name).join(", ");
  const give = `container: [${names}], share: true${more}`;
  return decide({
    policy: policy(`{ name: usb, match: { subsystem: usb, devtype: usb_device }, give: { ${give} } }`),
    db,
    unit,
    containers,
    claims: [],
    host: "lab",
    hostUdev: false,
    now: new Date(0),
  });
}

export function grantsOf(plan: UnitPlan): Grants {
  const grants = new Grants();
  for (const grant of plan.given) grants.put(grant);
  return grants;
}

export const plan = (unit: Unit, decision: UnitDecision, grants = new Grants()): UnitPlan =>
  planUnit("lab", unit, decision, grants, cause);
