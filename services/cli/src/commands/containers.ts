import type { CommandContext } from "../command.ts";
import { readContainers, readGrants } from "../levels.ts";
import { table } from "../output.ts";

/** `udevns containers`: what runs here and what each has. */
export async function containers({ bus, host, out }: CommandContext): Promise<number> {
  const [records, grants] = await Promise.all([readContainers(bus, host), readGrants(bus, host)]);
  records.sort((a, b) => (a.name < b.name ? -1 : 1));
  const list = records.map((record) => ({
    ...record,
    nodes: grants
      .filter((grant) => grant.container.instance === record.instance && grant.node !== undefined)
      .map((grant) => `/dev/${grant.node?.path}`),
  }));
  out.print(list, () =>
    table(
      ["NAME", "RUNTIME", "PID", "USERNS", "LABELS", "NODES"],
      list.map(({ name, runtime, pid, userNamespaced, root, labels, nodes }) => [
        name,
        runtime,
        String(pid),
        userNamespaced ? `root=${root.uid}` : "no",
        Object.entries(labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(",") || "-",
        nodes.join(" ") || "-",
      ]),
    ),
  );
  return 0;
}
