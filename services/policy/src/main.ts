import { existsSync } from "node:fs";
import { claimRole, runService } from "@udevns/service";
import { HostPolicy } from "./host-policy.ts";
import { PolicyStore } from "./policy-in-force.ts";

await runService("policy", "0.1.0", async (context) => {
  const { host, log } = context;
  await claimRole("policy", host);
  const store = new PolicyStore(context);
  const say = ({ policy }: { policy: { rules: readonly unknown[]; hash: string } }) =>
    context.setReady(true, `${policy.rules.length} rules, ${policy.hash.slice(0, 12)}`);
  let running: HostPolicy | undefined;
  const inForce = await store.start((next) => {
    running?.apply(next.policy, next.revision);
    say(next);
  });
  running = await HostPolicy.start(context, host, inForce.policy, existsSync("/run/udev/control"));
  context.onStop(() => store.close());
  context.onStop(() => running.close());
  context.onReload(() => {
    store.publishFile().catch((error: unknown) => log.error({ err: error }, "the policy in force stays"));
  });
  say(inForce);
});
