import type { Condition } from "./condition.ts";
import type { Reader } from "./reader.ts";
import type { Time } from "./schema.ts";
import { listOf } from "./texts.ts";
import { tri } from "./tri.ts";

/** `08:00-18:00` in minutes of the day; `end` is exclusive. */
interface Window {
  readonly start: number;
  readonly end: number;
}

/** Compiles a `time:`; the zone's own clock counts, summer time included. */
export function compileTime(time: Time, reader: Reader): Condition | undefined {
  const zone = time.zone ?? "UTC";
  const clock = clockOf(zone);
  if (clock === undefined) {
    reader.fail(time, "zone", "bad-value", `\`${zone}\` is no time zone`, "give an IANA zone, such as Europe/Berlin");
    return undefined;
  }
  const windows = time.hours === undefined ? undefined : listOf(time.hours).map(windowOf);
  const days: readonly string[] | undefined = time.days === undefined ? undefined : listOf(time.days);
  const text = [days?.join(" "), time.hours === undefined ? undefined : listOf(time.hours).join(" "), zone];
  return {
    key: "time",
    text: `time: ${text.filter((part) => part !== undefined).join(", ")}`,
    needsUdev: false,
    timed: true,
    test: ({ unit }) => {
      const { day, minute } = clock(unit.now);
      return tri((days?.includes(day) ?? true) && (windows?.some((window) => isIn(window, minute)) ?? true));
    },
    actual: ({ unit }) => unit.now.toISOString(),
  };
}

function clockOf(zone: string): ((now: Date) => { day: string; minute: number }) | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  } catch {
    return undefined;
  }
  return (now) => {
    const part = (type: string) => format.formatToParts(now).find((found) => found.type === type)?.value ?? "";
    return { day: part("weekday").toLowerCase(), minute: Number(part("hour")) * 60 + Number(part("minute")) };
  };
}

function windowOf(text: string): Window {
  const [start, end] = text.split("-").map((clock) => {
    const [hour, minute] = clock.split(":").map(Number);
    return hour! * 60 + minute!;
  });
  return { start: start!, end: end! };
}

/** A window that ends before it begins goes over midnight. */
const isIn = ({ start, end }: Window, minute: number): boolean =>
  start <= end ? start <= minute && minute < end : start <= minute || minute < end;
