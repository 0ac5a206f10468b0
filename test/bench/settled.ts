import { Bucket, tap } from "@udevns/bus";
import { bucketNames, DeviceRecord, decode, streamNames, subjects, token } from "@udevns/protocol";
import type { Stack } from "../support/stack.ts";
import { pokeUevent } from "../support/synthetic.ts";
import { until } from "../support/until.ts";

const LIMIT_MS = 60_000;
let pokes = 0;

/** Waits until all that the kernel has said before this call is worked in and written down. Has the kernel say one word more. */
export async function settled({ bus, host }: Pick<Stack, "bus" | "host">, devpath: string): Promise<void> {
  const number = 1_000_000 + pokes++;
  const mark = `"SYNTH_ARG_N":"${number}"`;
  let published = false;
  const stop = tap(bus, subjects.uevents(host), (_, data) => {
    published ||= Buffer.from(data).includes(mark);
  });
  await bus.nc.flush();
  pokeUevent(devpath, number);
  await until(() => published, "the last event to be published", LIMIT_MS);
  stop();
  const { state } = await bus.jsm.streams.info(streamNames.uevent(host));
  const positions = new Bucket(bus, bucketNames.positions);
  const position = async () => JSON.parse((await positions.get(`${token(host)}.policy`))?.value ?? "{}").sequence ?? 0;
  await until(async () => (await position()) >= state.last_seq, "policy to have written down what it heard", LIMIT_MS);
}

export async function devicesInBucket({ bus, host }: Pick<Stack, "bus" | "host">): Promise<DeviceRecord[]> {
  const entries = await new Bucket(bus, bucketNames.devices).entries(`${token(host)}.`, "bench-devices");
  return entries.map(({ key, value }) => decode(DeviceRecord, value, key));
}
