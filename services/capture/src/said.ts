import { Type } from "@sinclair/typebox";
import { Bucket, type Bus, readLog } from "@udevns/bus";
import { DeviceDatabase } from "@udevns/devices";
import {
  bucketNames,
  DeviceRecord,
  decodeEntries,
  LogPosition,
  streamNames,
  token,
  UeventMessage,
} from "@udevns/protocol";

/**
 * What an earlier capture has said, as policy will know it: the devices as policy last wrote them down, and what stands in the log
 * behind that. A scan against less would pass over a device whose plugging was said a moment before the crash.
 */
export async function readSaid(bus: Bus, host: string): Promise<DeviceDatabase> {
  const said = new DeviceDatabase();
  // The position first: policy may write meanwhile, and edges may be folded in twice but not be left out.
  const from = await writtenPosition(bus, host);
  const records = await new Bucket(bus, bucketNames.devices).list(`${token(host)}.`);
  for (const record of decodeEntries(DeviceRecord, records, bus.onMalformed)) said.put(record);
  const log = await readLog(bus, streamNames.uevent(host), from);
  const texts = log.map(({ subject, data }) => ({ key: subject, value: Buffer.from(data).toString("utf8") }));
  for (const event of decodeEntries(UeventMessage, texts, bus.onMalformed)) said.apply(event);
  return said;
}

/** The part of policy's position that counts here. */
const Written = Type.Object(LogPosition.properties, { $id: "position" });

/** Where policy's levels stood in the log. */
async function writtenPosition(bus: Bus, host: string): Promise<{ sequence: number; epoch?: string }> {
  const entry = await new Bucket(bus, bucketNames.positions).get(`${token(host)}.policy`);
  const [written] = decodeEntries(Written, entry === undefined ? [] : [entry], bus.onMalformed);
  return written === undefined ? { sequence: 1 } : { ...written, sequence: written.sequence + 1 };
}
