import { describe, expect, jest, test } from "@jest/globals";
import { isUdevnsError } from "@udevns/protocol";
import fc from "fast-check";
import {
  formatLibudevMessage,
  formatUdevRecord,
  formatUevent,
  MAX_UEVENT_BYTES,
  parseLibudevMessage,
  parseUdevRecord,
  parseUevent,
} from "../src/index.ts";

/** `UDEVNS_FUZZ_SECONDS=600` runs each for ten minutes; else each is brief. */
const seconds = Number(process.env.UDEVNS_FUZZ_SECONDS ?? 0);
const runs = seconds > 0 ? { numRuns: 1e9, interruptAfterTimeLimit: seconds * 1000 } : { numRuns: 2_000 };
jest.setTimeout(180_000 + seconds * 2000);
const refusesCleanly = (parse: () => unknown) => {
  try {
    parse();
  } catch (error) {
    if (!isUdevnsError(error, "UDEVNS_E_UEVENT")) throw error;
  }
};

/** Text that a kernel property can hold. */
const plain = fc.string({ unit: "grapheme", maxLength: 40 }).filter((text) => !/[\x00-\x1f\x7f]/.test(text));
const key = fc
  .stringMatching(/^[A-Z][A-Z0-9_]{0,15}$/)
  .filter((name) => !["ACTION", "DEVPATH", "SUBSYSTEM", "SEQNUM", "DEVNAME"].includes(name));
const properties = fc.dictionary(key, plain, { maxKeys: 12, noNullPrototype: true });
const component = fc.stringMatching(/^[a-z0-9:_-][a-z0-9:._-]{0,15}$/);
const devpath = fc.array(component, { minLength: 1, maxLength: 6 }).map((parts) => `/${parts.join("/")}`);
const action = fc.constantFrom("add", "remove", "change", "move", "online", "offline", "bind", "unbind");
/** Bytes that come near to a message, and bytes that do not. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .uint8Array({ maxLength: 200 })
    .map((tail) =>
      Buffer.concat([Buffer.from("add@/devices/x\0ACTION=add\0DEVPATH=/devices/x\0"), tail, Buffer.from([0])]),
    ),
  fc
    .uint8Array({ maxLength: 200 })
    .map((tail) => Buffer.concat([Buffer.from("libudev\0\xfe\xed\xca\xfe", "latin1"), tail])),
);

describe("whatever the bytes", () => {
  test("a uevent is read or refused", () => {
    fc.assert(
      fc.property(bytes, (payload) => refusesCleanly(() => parseUevent(Buffer.from(payload)))),
      runs,
    );
  });
  test("a libudev message is read or refused", () => {
    fc.assert(
      fc.property(bytes, (payload) => refusesCleanly(() => parseLibudevMessage(Buffer.from(payload)))),
      runs,
    );
  });
  test("a record of udev's database is read", () => {
    fc.assert(
      fc.property(bytes, (payload) => void parseUdevRecord(Buffer.from(payload).toString("utf8"))),
      runs,
    );
  });
});

describe("what was written is read back", () => {
  test("of a uevent, all but the SEQNUM, which the kernel writes", () => {
    fc.assert(
      fc.property(action, devpath, component, properties, (act, path, subsystem, more) => {
        const sent = formatUevent({
          action: act,
          devpath: path,
          properties: { SUBSYSTEM: subsystem, ...more, SEQNUM: "1" },
        });
        expect(sent.length).toBeLessThanOrEqual(MAX_UEVENT_BYTES);
        const heard = parseUevent(Buffer.concat([sent, Buffer.from("SEQNUM=42\0")]));
        expect(heard).toMatchObject({ action: act, devpath: path, subsystem, seqnum: 42 });
        expect(heard.properties).toEqual({ ...more, SUBSYSTEM: subsystem, ACTION: act, DEVPATH: path, SEQNUM: "42" });
      }),
      seconds > 0 ? runs : { numRuns: 300 },
    );
  });

  test("of a libudev message", () => {
    fc.assert(
      fc.property(properties, fc.array(component), (all, tags) => {
        expect(parseLibudevMessage(formatLibudevMessage(all, tags)).properties).toEqual(all);
      }),
      seconds > 0 ? runs : { numRuns: 300 },
    );
  });

  test("of a database record", () => {
    fc.assert(
      fc.property(properties, fc.uniqueArray(component), fc.uniqueArray(component), (all, tags, links) => {
        const text = formatUdevRecord({ properties: all, tags, links }, 1);
        expect(parseUdevRecord(text)).toEqual({ properties: all, tags, links });
      }),
      seconds > 0 ? runs : { numRuns: 300 },
    );
  });
});

describe("whatever the properties", () => {
  const anything = fc.dictionary(
    fc.string({ unit: "binary", maxLength: 8 }),
    fc.string({ unit: "binary", maxLength: 20 }),
    {
      maxKeys: 6,
      noNullPrototype: true,
    },
  );
  /** Keys and values of a message are those that were given, or are left out: none is made of another's text. */
  const noneIsMadeUp = (written: Record<string, string>, given: Record<string, string>) => {
    for (const [key, value] of Object.entries(written)) expect([key, value]).toEqual([key, given[key]]);
  };

  test("a libudev message holds none that was not given", () => {
    fc.assert(
      fc.property(anything, (all) => {
        noneIsMadeUp(parseLibudevMessage(formatLibudevMessage(all, [])).properties, all);
      }),
      runs,
    );
  });

  test("a record holds no line that was not given", () => {
    fc.assert(
      fc.property(anything, (all) => {
        const { properties: read, links } = parseUdevRecord(
          formatUdevRecord({ properties: all, tags: [], links: [] }, 1),
        );
        expect(links).toEqual([]);
        for (const value of Object.values(read)) expect(Object.entries(all).join()).toContain(value);
      }),
      runs,
    );
  });
});
