import { hostname } from "node:os";
import { provision as provisionBus } from "@udevns/bus";
import { UdevnsError } from "@udevns/protocol";
import { busUser } from "@udevns/service";
import { dealOut } from "../bundles.ts";
import type { CommandContext } from "../command.ts";
import { writeCredentials } from "../credentials.ts";
import { type Output, table } from "../output.ts";

/** Long enough for a cluster that is started beside this command. */
const PATIENCE_MS = 30_000;

export interface ProvisionFlags {
  readonly replicas: string;
  readonly dryRun: boolean;
  readonly hosts?: string;
  readonly hostMib?: string;
  readonly hub?: string;
  readonly leaves?: string;
}

/** `udevns provision [--hosts a,b] [--replicas N] [--hub DOMAIN | --leaves a,b] [--dry-run]`: the streams and buckets as they shall be; drops no data. */
export async function provision({ bus, host, out }: CommandContext, flags: ProvisionFlags): Promise<number> {
  const replicas = Number(flags.replicas);
  if (![1, 3, 5].includes(replicas))
    throw new UdevnsError("UDEVNS_E_USAGE", { detail: `--replicas ${flags.replicas} is none of 1, 3, 5` });
  const { hub, leaves = "", hostMib } = flags;
  const hostBytes = hostMib === undefined ? undefined : mebibytes(hostMib);
  const patienceMs = flags.dryRun ? 0 : PATIENCE_MS;
  const wanted = { hosts: hostsOf(flags.hosts, host), replicas, hostBytes, hub, leaves: list(leaves), patienceMs };
  const steps = await provisionBus(bus, wanted, flags.dryRun);
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

export interface CredentialFlags {
  readonly credentials: string;
  readonly hosts?: string;
  readonly serverNames?: string;
  readonly owner: readonly string[];
  readonly bundles?: string;
}

/** `udevns provision --credentials DIR [--hosts a,b] [--server-names a,b] [--bundles DIR]`: keys, users and certificates; needs no server. */
export async function provisionCredentials(out: Output, flags: CredentialFlags): Promise<number> {
  const { credentials, bundles } = flags;
  const host = process.env.UDEVNS_HOST || hostname();
  const owners = new Map(flags.owner.map(readOwner));
  const steps = writeCredentials({
    directory: credentials,
    hosts: hostsOf(flags.hosts, host),
    serverNames: flags.serverNames === undefined ? undefined : list(flags.serverNames),
    owners,
  });
  if (bundles !== undefined)
    steps.push(...dealOut({ credentials, bundles, userOf: (role) => busUser(process.env, role, host), owners }));
  out.print({ directory: credentials, steps }, () =>
    table(
      ["FILE", "ACTION"],
      steps.map(({ file, action }) => [file, action]),
    ),
  );
  return 0;
}

const hostsOf = (hosts: string | undefined, own: string): string[] => (hosts === undefined ? [own] : list(hosts));

const list = (text: string): string[] => text.split(",").filter((name) => name !== "");

/** @throws UDEVNS_E_USAGE */
function mebibytes(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1) return number * 1024 * 1024;
  throw new UdevnsError("UDEVNS_E_USAGE", { detail: `--host-mib ${text} is not a whole number from 1` });
}

function readOwner(text: string): [string, number] {
  const [, role, uid] = /^(\w+)=(\d+)$/.exec(text) ?? [];
  if (role === undefined) throw new UdevnsError("UDEVNS_E_USAGE", { detail: `--owner ${text} is not ROLE=UID` });
  return [role, Number(uid)];
}
