import { readProcess } from "@udevns/native";
import { isUdevnsError, optionLabels, type Runtime, UdevnsError } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { takesPart } from "./config.ts";
import { hostNamespaces } from "./host-namespaces.ts";
import { recognise } from "./recognise.ts";
import type { Register } from "./register.ts";
import type { Sighting } from "./runtimes/runtime.ts";

/** Brings the register in line with a runtime's list. */
export async function takeIn(
  context: ServiceContext,
  register: Register,
  runtime: Runtime,
  sightings: readonly Sighting[],
): Promise<void> {
  const wanted = sightings.filter(({ labels }) => takesPart(context.env, labels[optionLabels.enable]));
  const instances = await Promise.all(wanted.map((sighting) => takeOne(context, register, runtime, sighting)));
  const here = new Set(instances);
  for (const record of register.all())
    if (record.runtime === runtime && !here.has(record.instance)) await register.remove(record.name);
}

/** @returns the instance that it is known by; undefined when it cannot be a container of ours */
async function takeOne(
  { host, boot, log }: ServiceContext,
  register: Register,
  runtime: Runtime,
  { id, name, pid, labels, state }: Sighting,
): Promise<string | undefined> {
  const look = (name: string) => () => {
    const about = { name, host, boot, runtime, id, labels, since: new Date(), state };
    const record = recognise(readProcess(pid), hostNamespaces(), about);
    // The runtime's word is older than our look: a pid that was taken again by another program is not that container.
    if (/^[0-9a-f]{64}$/.test(id) && !record.cgroups.some(({ path }) => path.includes(id)))
      throw new UdevnsError("UDEVNS_E_PID", { pid, detail: `it is not in container ${name}` });
    return record;
  };
  try {
    const taken = register.get(name);
    const free = taken === undefined || taken.runtime === runtime;
    return (await register.put(free ? name : `${name}@${runtime}`, pid, look)).instance;
  } catch (error) {
    // It ended meanwhile, or it is on the host's network: neither is an error of ours.
    log.debug(
      { container: name, runtime, error: isUdevnsError(error) ? error.message : String(error) },
      "not taken in",
    );
    return undefined;
  }
}
