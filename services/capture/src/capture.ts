import { DeviceDatabase, type DeviceDifference } from "@udevns/devices";
import type { UeventDatagram } from "@udevns/native";
import { type DeviceRecord, monotonicMicros, type ScanReply, type UeventMessage } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { readAttributes } from "./attributes.ts";
import type { CaptureConfig } from "./config.ts";
import { foundDifference, presentRecord } from "./found.ts";
import { HostUdev } from "./host-udev.ts";
import { identityOf } from "./identity.ts";
import { type Heard, understand } from "./listen.ts";
import { handledMessage, heardMessage, type Speaker, scannedMessage } from "./message.ts";
import type { Outlet } from "./outlet.ts";
import { type PresentDevice, readSeqnum, SYSFS, scanDevices } from "./scan.ts";

/** Turns what is heard and what is scanned into messages, and remembers what it has said. */
export class Capture {
  readonly #context: ServiceContext;
  readonly #config: CaptureConfig;
  readonly #speaker: Speaker;
  readonly #outlet: Outlet;
  readonly #udev = new HostUdev();
  /** Attributes that the policy in force asks for. */
  #policyAttributes: readonly string[] = [];
  #said = new DeviceDatabase();
  /** Each of them gets all that is said while what policy knows is read. */
  readonly #comparisons = new Set<UeventMessage[]>();
  /** Resolves when all that the socket has had by now is handed in. */
  readonly #settled: () => Promise<void>;
  #latest = 0;
  /** Scans under way, each with the devpaths that the kernel has spoken of meanwhile. */
  readonly #listeners = new Set<Set<string>>();
  #scans = 0;
  #bells = 0;

  constructor(context: ServiceContext, config: CaptureConfig, outlet: Outlet, settled: () => Promise<void>) {
    this.#context = context;
    this.#config = config;
    this.#speaker = { host: context.host, boot: context.boot };
    this.#outlet = outlet;
    this.#settled = settled;
  }

  /** Reads more attributes from now on. A scan says what they are of the devices that are there. */
  want(attributes: readonly string[]): void {
    this.#policyAttributes = attributes;
  }

  #wanted(): readonly string[] {
    return [...this.#config.extraAttributes, ...this.#policyAttributes];
  }

  /** Takes over what an earlier capture of this boot had said. */
  remember(records: Iterable<DeviceRecord>): void {
    for (const record of records) if (record.boot === this.#speaker.boot) this.#said.put(record);
  }

  /**
   * Publishes what differs between /sys and what policy will know once it has read the log: some of what was said may have been
   * dropped by the log's limits before policy read it.
   * @param read gives what policy will know; called when all that was said by then is stored
   */
  async scanAgainst(read: () => Promise<DeviceDatabase>, stored: () => Promise<void>): Promise<ScanReply> {
    const meanwhile: UeventMessage[] = [];
    this.#comparisons.add(meanwhile);
    try {
      await stored();
      const known = await read();
      // Said twice it changes nothing.
      for (const message of meanwhile) known.apply(message);
      this.#said = known;
    } finally {
      this.#comparisons.delete(meanwhile);
    }
    return await this.scan("asked for");
  }

  hear(batch: readonly UeventDatagram[]): void {
    for (const datagram of batch) this.#take(understand(datagram));
  }

  #take(heard: Heard): void {
    const { counters, log } = this.#context;
    switch (heard.kind) {
      case "kernel":
        counters.add("uevents_received_kernel");
        this.#latest = Math.max(this.#latest, heard.event.seqnum);
        for (const listener of this.#listeners) listener.add(heard.event.devpath);
        this.#say(this.#describe(heard));
        return;
      case "udev":
        counters.add("uevents_received_udev");
        this.#ring(heard);
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

  #describe({ event, receivedAtNs }: Extract<Heard, { kind: "kernel" }>): UeventMessage {
    const gone = event.action === "remove";
    // Of a device that the kernel has only now made, udev can have said nothing yet.
    const unhandled = gone || this.#said.get(event.devpath) === undefined;
    return heardMessage(this.#speaker, event, {
      attributes: gone ? {} : readAttributes(SYSFS, event.devpath, event.subsystem, this.#wanted()),
      udev: unhandled ? undefined : this.#udev.read(identityOf(event), false),
      hops: { received: Number(receivedAtNs / 1000n) },
    });
  }

  /**
   * udevd says that it is done with a device. Its message may be anybody's, so it only rings the bell: what is said is what the
   * kernel said of that device, and what udev's database says now.
   */
  #ring({ event: { devpath, action }, receivedAtNs }: Extract<Heard, { kind: "udev" }>): void {
    const known = this.#said.get(devpath);
    if (known === undefined || action === "remove") return;
    const udev = this.#udev.read(known, true);
    const nonce = `${process.pid}-${this.#bells++}`;
    this.#say(handledMessage(this.#speaker, known, nonce, udev, { received: Number(receivedAtNs / 1000n) }));
  }

  /**
   * Publishes what differs between /sys and what was said. Runs at the start, after a loss and on demand.
   * Its SEQNUM is such that every event that was sent by then has been heard before and every other one counts as newer:
   * an edge that came behind a scan it is older than would be taken for out of date.
   * What the kernel speaks of while we look is the kernel's to tell: /sys shows it already, and it would be told twice.
   */
  async scan(reason: string): Promise<ScanReply> {
    const counter = readSeqnum(SYSFS);
    await this.#settled();
    const seqnum = Math.max(counter, this.#latest);
    const present = scanDevices(SYSFS).map((device) => this.#record(device, seqnum));
    const meanwhile = new Set<string>();
    this.#listeners.add(meanwhile);
    await this.#settled();
    this.#listeners.delete(meanwhile);
    const difference = foundDifference(this.#said.all(), present, meanwhile);
    this.#sayFound(difference, seqnum);
    const { added, removed, changed } = difference;
    const found = { added: added.length, removed: removed.length, changed: changed.length };
    this.#context.log.info({ reason, ...found }, "scanned /sys");
    return found;
  }

  #sayFound({ added, removed, changed }: DeviceDifference, seqnum: number): void {
    const at = { seqnum, nonce: `${process.pid}-${this.#scans++}`, index: 0 };
    const received = monotonicMicros();
    const sayOne = (action: "add" | "remove" | "change", device: DeviceRecord) => {
      const { attributes, udev } = action === "remove" ? { attributes: {}, udev: undefined } : device;
      const extras = { attributes, udev, hops: { received } };
      this.#say(scannedMessage(this.#speaker, action, device, { ...at, index: at.index++ }, extras));
    };
    for (const device of removed) sayOne("remove", device);
    for (const device of added) sayOne("add", device);
    for (const device of changed) sayOne("change", device);
    this.#context.counters.add("scans");
  }

  #record(device: PresentDevice, seqnum: number): DeviceRecord {
    const attributes = readAttributes(SYSFS, device.devpath, device.subsystem, this.#wanted());
    return presentRecord(this.#speaker, device, seqnum, attributes, this.#udev.read(identityOf(device), false));
  }

  #say(message: UeventMessage): void {
    const { counters, fail } = this.#context;
    const kept = this.#outlet.publish(message, () => counters.add("uevents_published"), fail);
    // What was given up must not count as said, or the scan that makes up for it would pass it over.
    if (kept) {
      this.#said.apply(message);
      for (const comparison of this.#comparisons) comparison.push(message);
    } else counters.add("uevents_dropped_buffer");
  }
}
