import { claimRole, runService } from "@udevns/service";
import { openFeeds } from "./feeds.ts";
import { Fleet } from "./fleet.ts";
import { type PolicyInForce, PolicyStore } from "./policy-in-force.ts";
import { parseHosts, Replica } from "./replica.ts";

await runService("policy", "0.1.0", async (context) => {
  const { host, env } = context;
  const name = env.UDEVNS_REPLICA || host;
  await claimRole("policy", name);
  const store = new PolicyStore(context, name);
  // Before the file is read first: a change behind that would be told to nobody.
  context.onReload(() => store.reload());
  let fleet: Fleet | undefined;
  let inForce: PolicyInForce | undefined;
  const say = () => {
    const { rules = [], hash = "" } = inForce?.policy ?? {};
    // A standby of the fleet is ready too; a process for one host is when it decides for it.
    const ready = Boolean(env.UDEVNS_HOSTS) || (fleet?.size ?? 0) > 0;
    context.setReady(ready, `${rules.length} rules, ${hash.slice(0, 12)}, ${fleet?.size ?? 0} hosts`);
  };
  inForce = await store.start((next) => {
    inForce = next;
    fleet?.apply(next);
    say();
  });
  const { policy } = inForce;
  const hosts = parseHosts(env.UDEVNS_HOSTS, host);
  const feeds = await openFeeds(context.bus, name, hosts);
  fleet = new Fleet({
    context,
    replica: name,
    policy,
    feeds,
    onFenced: (lost) => void replica.lose(lost).catch(context.fail),
    onChange: (hosts) => {
      context.setServes(hosts);
      say();
    },
  });
  const replica = new Replica(context, name, hosts, fleet);
  context.onStop(() => store.close());
  context.onStop(() => Promise.all([feeds.containers.close(), feeds.claims.close()]).then(() => undefined));
  context.onStop(() => replica.close());
  // A standby of the fleet serves nobody yet, its own host included.
  if (env.UDEVNS_HOSTS) context.setServes([]);
  say();
});
