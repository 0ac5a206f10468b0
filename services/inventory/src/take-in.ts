import { hostNamespaces, NativeError, readProcess } from "@udevns/native";
import { isUdevnsError, optionLabels, type Runtime, UdevnsError } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { takesPart } from "./config.ts";
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
  for (const { runtime: of, instance, name } of register.all()) {
    if (of !== runtime || here.has(instance)) continue;
    // Its process may have ended since, and that is heard of by itself.
    if (register.get(name)?.instance === instance) await register.remove(name);
  }
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
  const taken = register.get(name);
  const free = taken === undefined || taken.runtime === runtime;
  const ours = free ? name : `${name}@${runtime}`;
  const same = register.unchanged(ours, { runtime, id, pid, state, labels });
  if (same !== undefined) return same.instance;
  try {
    return (await register.put(ours, pid, look)).instance;
  } catch (error) {
    if (!isNoContainer(error)) throw error;
    log.debug({ container: name, runtime, error: error.message }, "not taken in");
    return undefined;
  }
}

/** It ended meanwhile, it is on the host's network, or its name is another's: none of these is mended by another try. */
const isNoContainer = (error: unknown): error is Error =>
  error instanceof NativeError ||
  (isUdevnsError(error) &&
    ["UDEVNS_E_PID", "UDEVNS_E_PID_HOST", "UDEVNS_E_CONTAINER_NAME", "UDEVNS_E_CONTAINER_UNKNOWN"].includes(
      error.code,
    ));
