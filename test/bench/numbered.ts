import { writeFileSync } from "node:fs";
import type { ParsedUevent } from "@udevns/uevent";
import { until } from "../support/until.ts";
import { arrived } from "./arrived.ts";
import type { Crowd, Member } from "./crowd.ts";

/** With one the kernel takes a word that it gives back in the event (Documentation/ABI/testing/sysfs-uevent). */
const UUID = "9f2c7b1e-5a54-4f3e-8d7a-1d2c3b4a5968";

export interface Delivery {
  readonly sent: number;
  /** Time that it took to have the kernel send them all. */
  readonly sendMs: number;
  readonly lost: number;
  readonly twice: number;
  /** Events behind a later one of the same device. */
  readonly outOfOrder: number;
  /** Events of a device that were heard in a container that does not own it. */
  readonly strangers: number;
  readonly listenerOverflows: number;
  readonly deliveriesPerSecond: number;
  readonly lastAfterMs: number;
}

/** Has the kernel send numbered events of the members' devices in turn, as fast as it does, and waits until all have arrived. */
export async function sendNumbered({ members }: Pick<Crowd, "members">, count: number): Promise<Delivery> {
  for (const { ear } of members) ear.clear();
  const files = members.map(({ zram }) => `/sys${zram.devpath}/uevent`);
  const start = process.hrtime.bigint();
  for (let number = 0; number < count; number += 1)
    writeFileSync(files[number % files.length] as string, `change ${UUID} N=${number}`);
  const sendMs = millis(process.hrtime.bigint() - start);
  await arrived(count, () => members.reduce((sum, { ear }) => sum + ear.count, 0));
  const heard = members.map(({ ear, zram }) => judge(ear.events(), zram.devpath));
  const sum = (key: keyof Judged) => heard.reduce((total, each) => total + each[key], 0);
  const last =
    members
      .map(({ ear }) => ear.lastAtNs)
      .sort((a, b) => Number(a - b))
      .at(-1) ?? start;
  return {
    sent: count,
    sendMs,
    lost: count - sum("distinct"),
    twice: sum("twice"),
    outOfOrder: sum("outOfOrder"),
    strangers: sum("strangers"),
    listenerOverflows: members.reduce((total, { ear }) => total + ear.overflows, 0),
    deliveriesPerSecond: Math.round((sum("distinct") * 1e9) / Number(last - start)),
    lastAfterMs: millis(last - start),
  };
}

/** @returns µs from just before the write until the member's listener has received the event */
export async function roundTrip({ zram, ear }: Member, action: "add" | "remove" | "change"): Promise<number> {
  ear.clear();
  const start = process.hrtime.bigint();
  writeFileSync(`/sys${zram.devpath}/uevent`, action);
  await until(() => ear.count > 0, `${action} of ${zram.devpath}`);
  return Number(ear.lastAtNs - start) / 1e3;
}

interface Judged {
  readonly distinct: number;
  readonly twice: number;
  readonly outOfOrder: number;
  readonly strangers: number;
}

function judge(events: readonly ParsedUevent[], devpath: string): Judged {
  const own = events.filter((event) => event.devpath === devpath);
  const numbers = own.map(({ properties }) => Number(properties.SYNTH_ARG_N));
  const distinct = new Set(numbers).size;
  return {
    distinct,
    twice: numbers.length - distinct,
    outOfOrder: numbers.filter((number, index) => index > 0 && number < (numbers[index - 1] as number)).length,
    strangers: events.length - own.length,
  };
}

const millis = (ns: bigint): number => Math.round(Number(ns) / 1e3) / 1e3;
