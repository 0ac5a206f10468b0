import { existsSync } from "node:fs";
import { claimRole, runService } from "@udevns/service";
import { policyPath } from "./config.ts";
import { HostPolicy } from "./host-policy.ts";
import { loadPolicy } from "./load-policy.ts";

await runService("policy", "0.1.0", async (context) => {
  const { host, env, log } = context;
  const path = policyPath(env);
  await claimRole("policy", host);
  const { policy, warnings } = loadPolicy(path);
  for (const warning of warnings) log.warn(warning, "policy");
  const running = await HostPolicy.start(context, host, policy, existsSync("/run/udev/control"));
  context.onStop(() => running.close());
  context.onReload(() => {
    try {
      running.apply(loadPolicy(path).policy);
      log.info({ path }, "policy applied");
    } catch (error) {
      log.error({ err: error }, "the policy in force stays");
    }
  });
  context.setReady(true, `${policy.rules.length} rules, ${policy.hash.slice(0, 12)}`);
});
