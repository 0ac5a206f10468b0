import { DeviceDatabase, diffDevices } from "@udevns/devices";
import type { UeventDatagram } from "@udevns/native";
import { type DeviceRecord, monotonicMicros, type ScanReply, type UeventMessage } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { readAttributes } from "./attributes.ts";
import type { CaptureConfig } from "./config.ts";
import { HostUdev } from "./host-udev.ts";
import { type Heard, understand } from "./listen.ts";
import { heardMessage, type Speaker, scannedMessage } from "./message.ts";
import type { Outlet } from "./outlet.ts";

import { readSeqnum, scanDevices } from "./scan.ts";
import type { Unstored } from "./unstored.ts";

const SYSFS = "/sys";

/** Turns what is heard and what is scanned into messages, and remembers what it has said. */
export class Capture {
  readonly #context: ServiceContext;
  readonly #config: CaptureConfig;
  readonly #speaker: Speaker;
  readonly #outlet: Outlet;
  readonly #udev = new HostUdev();
  readonly #said = new DeviceDatabase();
  readonly #unstored: Unstored;
  /** Written down and not yet digested. */
  readonly #heard: UeventDatagram[] = [];
  #scans = 0;

  constructor(context: ServiceContext, config: CaptureConfig, outlet: Outlet, unstored: Unstored) {
    this.#context = context;
    this.#config = config;
    this.#speaker = { host: context.host, boot: context.boot };
    this.#outlet = outlet;
    this.#unstored = unstored;
  }

  /** Takes over what an earlier capture of this boot had said. */
  remember(records: Iterable<DeviceRecord>): void {
    for (const record of records) if (record.boot === this.#speaker.boot) this.#said.put(record);
  }

  /** Takes up what an earlier capture had heard and may not have got rid of; what was stored is recognised by its id. */
  resume(): void {
    this.#heard.push(...this.#unstored.left);
    this.#digestAll();
  }

  /**
   * Written down first, digested one at a time between the calls of this: what waits to be written down would die with us,
   * and the digestion of one event reads a dozen files.
   */
  hear(batch: readonly UeventDatagram[]): void {
    this.#unstored.add(batch);
    this.#heard.push(...batch);
    if (this.#heard.length === batch.length) this.#digest();
  }

  #digest(): void {
    const datagram = this.#heard.shift();
    if (datagram !== undefined) this.#take(understand(datagram));
    if (this.#heard.length > 0) setImmediate(() => this.#digest());
    else this.#forget();
  }

  #digestAll(): void {
    for (const datagram of this.#heard.splice(0)) this.#take(understand(datagram));
    this.#forget();
  }

  #forget(): void {
    if (this.#heard.length === 0 && this.#outlet.pending === 0) this.#unstored.clear();
  }

  #take(heard: Heard): void {
    const { counters, log } = this.#context;
    switch (heard.kind) {
      case "kernel":
      case "udev":
        counters.add(`uevents_received_${heard.kind}`);
        this.#say(this.#describe(heard));
        return;
      case "foreign":
        counters.add("uevents_dropped_foreign");
        return;
      case "malformed":
        counters.add("uevents_dropped_malformed");
        log.warn({ err: heard.error }, "malformed uevent");
        return;
      default:
        heard satisfies never;
    }
  }

  #describe({ kind, event, receivedAtNs }: Extract<Heard, { kind: "kernel" | "udev" }>): UeventMessage {
    const gone = event.action === "remove";
    const known = this.#said.get(event.devpath);
    return heardMessage(this.#speaker, event, kind, {
      attributes: gone ? {} : readAttributes(SYSFS, event.devpath, event.subsystem, this.#config.extraAttributes),
      udev: gone || (kind === "kernel" && known === undefined) ? undefined : this.#udev.read(identityOf(event)),
      hops: { received: Number(receivedAtNs / 1000n) },
    });
  }

  /** Publishes what differs between /sys and what was said. Runs at the start, after a loss and on demand. */
  scan(reason: string): ScanReply {
    // What was heard before is older than the scan, which would make it look out of date.
    this.#digestAll();
    const at = { seqnum: readSeqnum(SYSFS), nonce: `${process.pid}-${this.#scans++}`, index: 0 };
    const present = scanDevices(SYSFS).map((device) => this.#record(device, at.seqnum));
    const { added, removed, changed } = diffDevices(this.#said.all(), present);
    const extras = { attributes: {}, udev: undefined, hops: { received: monotonicMicros() } };
    const describe = (action: "add" | "change", { attributes, udev, ...device }: DeviceRecord) =>
      scannedMessage(
        this.#speaker,
        action,
        device,
        { ...at, index: at.index++ },
        { ...extras, hops: { ...extras.hops }, attributes, udev },
      );
    for (const device of removed) {
      this.#say(
        scannedMessage(
          this.#speaker,
          "remove",
          device,
          { ...at, index: at.index++ },
          { ...extras, hops: { ...extras.hops } },
        ),
      );
    }
    for (const device of added) this.#say(describe("add", device));
    for (const device of changed) this.#say(describe("change", device));
    this.#context.counters.add("scans");
    const found = { added: added.length, removed: removed.length, changed: changed.length };
    this.#context.log.info({ reason, ...found }, "scanned /sys");
    return found;
  }

  #record(
    device: { devpath: string; subsystem: string; properties: Record<string, string> },
    seqnum: number,
  ): DeviceRecord {
    const database = new DeviceDatabase();
    const attributes = readAttributes(SYSFS, device.devpath, device.subsystem, this.#config.extraAttributes);
    const udev = this.#udev.read(identityOf(device));
    const message = scannedMessage(
      this.#speaker,
      "add",
      device,
      { seqnum, nonce: "", index: 0 },
      { attributes, udev, hops: {} },
    );
    database.apply(message);
    return database.get(device.devpath) as DeviceRecord;
  }

  #say(message: UeventMessage): void {
    const { counters, fail } = this.#context;
    const stored = () => {
      counters.add("uevents_published");
      this.#forget();
    };
    const kept = this.#outlet.publish(message, stored, fail);
    // What was given up must not count as said, or the scan that makes up for it would pass it over.
    if (kept) this.#said.apply(message);
    else counters.add("uevents_dropped_buffer");
  }
}

/** What names a device in udev's database, from its kernel properties. */
function identityOf({
  subsystem,
  devpath,
  properties,
}: {
  subsystem: string;
  devpath: string;
  properties: Record<string, string>;
}) {
  const { MAJOR, MINOR } = properties;
  const type = subsystem === "block" ? ("b" as const) : ("c" as const);
  const devnum =
    MAJOR === undefined || MINOR === undefined ? {} : { devnum: { type, major: Number(MAJOR), minor: Number(MINOR) } };
  return { subsystem, devpath, properties, ...devnum };
}
