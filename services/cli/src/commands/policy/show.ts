import { Bucket } from "@udevns/bus";
import { bucketNames, decode, POLICY_KEY, PolicyRecord } from "@udevns/protocol";
import type { CommandContext } from "../../command.ts";

/** `udevns policy show`: the policy in force, and who put it there. */
export async function show({ bus, out }: CommandContext): Promise<number> {
  const entry = await new Bucket(bus, bucketNames.policy).get(POLICY_KEY);
  const record = entry === undefined ? undefined : decode(PolicyRecord, entry.value, POLICY_KEY);
  out.print(record ?? null, (held) =>
    held === null
      ? "no policy is in force: nothing is given to anybody"
      : [
          `# ${held.hash.slice(0, 12)}, by ${held.who}, ${held.when}`,
          ...held.sources.flatMap(({ file, text }) => [`# ${file}`, text.trimEnd()]),
        ].join("\n"),
  );
  return 0;
}
