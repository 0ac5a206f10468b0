import { Bucket, type Bus, type LogReader } from "@udevns/bus";
import { bucketNames, consumerNames, decode, POLICY_KEY, PolicyRecord } from "@udevns/protocol";

/**
 * The sysfs attributes that the policy in force asks for: which ones there are is the rules' to say, and reading all of every
 * device would wake up drivers.
 * @returns those of the policy that is there now, and the reader that calls back when they change
 */
export async function followWantedAttributes(
  bus: Bus,
  host: string,
  onChange: (names: readonly string[]) => void,
): Promise<{ first: readonly string[]; reader: LogReader }> {
  let known: readonly string[] = [];
  let started = false;
  let reader: LogReader | undefined;
  await new Promise<void>((resolve) => {
    reader = new Bucket(bus, bucketNames.policy).follow({
      consumer: consumerNames.capturePolicy(host),
      prefix: "",
      onEntry: (key, value) => {
        if (key !== POLICY_KEY || value === undefined) return;
        const { attributes = [] } = decode(PolicyRecord, value, key);
        const same = attributes.length === known.length && attributes.every((name) => known.includes(name));
        known = attributes;
        if (started && !same) onChange(attributes);
      },
      onCaughtUp: resolve,
    });
  });
  started = true;
  return { first: known, reader: reader as LogReader };
}
