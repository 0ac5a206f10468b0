import type { CommandContext } from "../command.ts";
import { gateText, readGates } from "../gates.ts";
import { readContainers, readGrants } from "../levels.ts";
import { table } from "../output.ts";

/** `udevns containers`: what runs here and what each has. */
export async function containers({ bus, host, out }: CommandContext): Promise<number> {
  const [records, grants, gates] = await Promise.all([
    readContainers(bus, host),
    readGrants(bus, host),
    readGates(bus, host),
  ]);
  records.sort((a, b) => (a.name < b.name ? -1 : 1));
  const list = records.map((record) => ({
    ...record,
    gate: gates.get(record.instance),
    nodes: grants
      .filter((grant) => grant.container.instance === record.instance && grant.node !== undefined)
      .map((grant) => `/dev/${grant.node?.path}`),
  }));
  out.print(list, () =>
    table(
      ["NAME", "RUNTIME", "PID", "USERNS", "GATE", "LABELS", "NODES"],
      list.map(({ name, runtime, pid, userNamespaced, root, gate, labels, nodes }) => [
        name,
        runtime,
        String(pid),
        userNamespaced ? `root=${root.uid}` : "no",
        gateText(gate),
        Object.entries(labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(",") || "-",
        nodes.join(" ") || "-",
      ]),
    ),
  );
  return 0;
}
