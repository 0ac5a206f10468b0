import { formatDevnum } from "@udevns/protocol";
import type { CommandContext } from "../command.ts";
import { readDevices, readGrants } from "../levels.ts";
import { table } from "../output.ts";

/** `udevns devices [--all]`: devices and who has them; without `--all` those that have a node or an owner. */
export async function devices({ bus, host, out }: CommandContext, { all }: { all: boolean }): Promise<number> {
  const grants = await readGrants(bus, host);
  const owners = new Map<string, string[]>();
  for (const { device, container } of grants)
    owners.set(device.devpath, [...(owners.get(device.devpath) ?? []), container.name]);
  const found = (await readDevices(bus, host)).filter(
    ({ devnum, devpath }) => all || devnum !== undefined || owners.has(devpath),
  );
  found.sort((a, b) => (a.devpath < b.devpath ? -1 : 1));
  const list = found.map((device) => ({ ...device, owners: owners.get(device.devpath) ?? [] }));
  out.print(list, () =>
    table(
      ["DEVNUM", "NODE", "SUBSYSTEM", "OWNER", "DEVPATH"],
      list.map(({ devnum, devname, subsystem, owners: names, devpath }) => [
        devnum === undefined ? "-" : formatDevnum(devnum),
        devname === undefined ? "-" : `/dev/${devname}`,
        subsystem,
        names.join(",") || "-",
        devpath,
      ]),
    ),
  );
  return 0;
}
