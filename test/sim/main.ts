import { parseArgs } from "node:util";
import { CleanUps } from "../cluster/support/clean-ups.ts";
import { type Plan, simulate } from "./simulation.ts";

/**
 * `node --import tsx test/sim/main.ts [--hosts N] [--events N] [--replicas N] [--servers 1|3] [--copies 1|3] [--pause MS]`: paper hosts
 * against real nats-servers and real policy replicas, without a kernel. Prints one JSON line (docs/scale.md).
 */
const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "10" },
    events: { type: "string", default: "10" },
    replicas: { type: "string", default: "3" },
    servers: { type: "string", default: "3" },
    copies: { type: "string", default: "1" },
    pause: { type: "string", default: "0" },
  },
});
const plan: Plan = {
  hosts: Number(values.hosts),
  events: Number(values.events),
  replicas: Number(values.replicas),
  servers: Number(values.servers),
  copies: Number(values.copies),
  pauseMs: Number(values.pause),
};

const cleanUps = new CleanUps();
try {
  process.stdout.write(`${JSON.stringify({ ...plan, ...(await simulate(plan, cleanUps)) })}\n`);
} finally {
  await cleanUps.run();
}
process.exit();
