import { Type } from "@sinclair/typebox";
import { Bucket, type Bus } from "@udevns/bus";
import {
  bucketNames,
  consumerNames,
  decode,
  LogPosition,
  type ServiceStatus,
  streamNames,
  token,
} from "@udevns/protocol";

/** What policy says of its position beside that is its own affair. */
const Decided = Type.Object(LogPosition.properties);

/** Messages of a host's logs that their readers have not dealt with yet; undefined where there is no log. */
export interface Lag {
  readonly policy: number | undefined;
  readonly devnode: number | undefined;
  readonly injector: number | undefined;
}

/** @param latest a service's last heartbeat, also of one that is silent by now: what it said of its position still holds */
export async function readLag(
  bus: Bus,
  host: string,
  latest: (role: "devnode" | "injector") => ServiceStatus | undefined,
): Promise<Lag> {
  const [policy, devnode, injector] = await Promise.all([
    behind(bus, streamNames.uevent(host), consumerNames.policy(host), await decidedUpTo(bus, host)),
    behind(bus, streamNames.devnode(host), consumerNames.devnode(host), latest("devnode")?.position),
    behind(bus, streamNames.inject(host), consumerNames.injector(host), latest("injector")?.position),
  ]);
  return { policy, devnode, injector };
}

async function decidedUpTo(bus: Bus, host: string): Promise<LogPosition | undefined> {
  const entry = await new Bucket(bus, bucketNames.positions).get(`${token(host)}.policy`).catch(() => undefined);
  return entry && decode(Decided, entry.value, entry.key);
}

async function behind(
  bus: Bus,
  stream: string,
  consumer: string,
  position: LogPosition | undefined,
): Promise<number | undefined> {
  const reader = await bus.jsm.consumers.info(stream, consumer).catch(() => undefined);
  // What was handed to the reader is not done by that. Its consumer counts only what concerns it: the log of orders also has terms.
  if (reader !== undefined) {
    const handed = reader.delivered.stream_seq;
    return reader.num_pending + (position === undefined ? 0 : Math.max(0, handed - position.sequence));
  }
  // The reader is gone for so long that the server has dropped its consumer.
  const log = await bus.jsm.streams.info(stream).catch(() => undefined);
  if (log === undefined) return undefined;
  return log.created === position?.epoch ? Math.max(0, log.state.last_seq - position.sequence) : log.state.messages;
}
