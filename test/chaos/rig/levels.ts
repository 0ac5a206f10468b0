import { Bucket } from "@udevns/bus";
import { bucketNames, decode, Grant, POLICY_KEY, PolicyRecord, token } from "@udevns/protocol";
import { containers } from "../model/action.ts";
import { DEVICES, has, type World } from "../model/world.ts";
import type { Host } from "./host.ts";

/** Where the buckets differ from what they shall say, in words. */
export async function levelDifferences(host: Host, world: World): Promise<string[]> {
  const { bus, host: name } = host.stack;
  const entry = await new Bucket(bus, bucketNames.policy).get(POLICY_KEY);
  const inForce = entry && decode(PolicyRecord, entry.value, POLICY_KEY).sources[0]?.text;
  const entries = await new Bucket(bus, bucketNames.grants).list(`${token(name)}.`);
  const grants = entries.map(({ key, value }) => decode(Grant, value, key));
  const granted = new Set(grants.map(({ container, device }) => `${container.name} has ${device.devpath}`));
  const shall = new Set(
    containers.flatMap((container) =>
      Array.from({ length: DEVICES }, (_, device) => device)
        .filter((device) => has(world, container, device))
        .map((device) => `${container} has ${host.devpath(device)}`),
    ),
  );
  return [
    ...(inForce === host.policy ? [] : ["another policy is in force"]),
    ...[...granted].filter((grant) => !shall.has(grant)).map((grant) => `the grants say: ${grant}`),
    ...[...shall].filter((grant) => !granted.has(grant)).map((grant) => `the grants do not say: ${grant}`),
  ];
}
