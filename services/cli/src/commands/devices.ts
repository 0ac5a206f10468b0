import { formatDevnum } from "@udevns/protocol";
import type { CommandContext } from "../command.ts";
import { readDevices, readGrants } from "../levels.ts";
import { table } from "../output.ts";
import { databaseOf } from "../world.ts";

/** `udevns devices [--all]`: devices, their units and who has them; without `--all` those that have a node or an owner. */
export async function devices({ bus, host, out }: CommandContext, { all }: { all: boolean }): Promise<number> {
  const grants = await readGrants(bus, host);
  const owners = new Map<string, string[]>();
  for (const { device, container } of grants)
    owners.set(device.devpath, [...(owners.get(device.devpath) ?? []), container.name]);
  const records = await readDevices(bus, host);
  const db = databaseOf(records);
  const found = records.filter(({ devnum, devpath }) => all || devnum !== undefined || owners.has(devpath));
  found.sort((a, b) => (a.devpath < b.devpath ? -1 : 1));
  const list = found.map((device) => {
    const unit = db.unitOf(device.devpath);
    return { ...device, unit: unit?.root, identity: unit?.identity, owners: owners.get(device.devpath) ?? [] };
  });
  out.print(list, () =>
    table(
      ["DEVNUM", "NODE", "SUBSYSTEM", "OWNER", "IDENTITY", "DEVPATH"],
      list.map(({ devnum, devname, subsystem, owners: names, identity, devpath }) => [
        devnum === undefined ? "-" : formatDevnum(devnum),
        devname === undefined ? "-" : `/dev/${devname}`,
        subsystem,
        names.join(",") || "-",
        identity ?? "-",
        devpath,
      ]),
    ),
  );
  return 0;
}
