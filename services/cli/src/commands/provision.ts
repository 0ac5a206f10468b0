import { provision as provisionBus } from "@udevns/bus";
import { UdevnsError } from "@udevns/protocol";
import type { CommandContext } from "../command.ts";
import { table } from "../output.ts";

/** `udevns provision [--replicas N] [--dry-run]`: the streams and buckets as they shall be; drops no data. */
export async function provision(
  { bus, host, out }: CommandContext,
  options: { replicas: string; dryRun: boolean },
): Promise<number> {
  const replicas = Number(options.replicas);
  if (![1, 3, 5].includes(replicas))
    throw new UdevnsError("UDEVNS_E_USAGE", { detail: `--replicas ${options.replicas} is none of 1, 3, 5` });
  const steps = await provisionBus(bus, { hosts: [host], replicas }, options.dryRun);
  out.print(steps, () =>
    table(
      ["STREAM", "ACTION", "DIFFERENCE"],
      steps.map(({ stream, action, differs }) => [
        stream,
        action,
        Object.entries(differs)
          .map(([key, { from, to }]) => `${key}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`)
          .join(", "),
      ]),
    ),
  );
  return 0;
}
