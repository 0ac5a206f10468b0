import type { Static, TSchema } from "@sinclair/typebox";
import { Bucket, type Bus } from "@udevns/bus";
import { bucketNames, ContainerRecord, DeviceRecord, decodeEntries, Grant, token } from "@udevns/protocol";
import { consumerName } from "./command.ts";

/** What the buckets say of one host, or of all. */
async function read<S extends TSchema>(
  bus: Bus,
  bucket: string,
  schema: S,
  host: string | undefined,
): Promise<Static<S>[]> {
  const prefix = host === undefined ? "" : `${token(host)}.`;
  const entries = await new Bucket(bus, bucket).entries(prefix, consumerName());
  return decodeEntries(schema, entries, bus.onMalformed);
}

export const readDevices = (bus: Bus, host?: string): Promise<DeviceRecord[]> =>
  read(bus, bucketNames.devices, DeviceRecord, host);
export const readContainers = (bus: Bus, host?: string): Promise<ContainerRecord[]> =>
  read(bus, bucketNames.containers, ContainerRecord, host);
export const readGrants = (bus: Bus, host?: string): Promise<Grant[]> => read(bus, bucketNames.grants, Grant, host);
