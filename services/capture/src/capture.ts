import { DeviceDatabase, type DeviceDifference } from "@udevns/devices";
import type { UeventDatagram } from "@udevns/native";
import { type DeviceRecord, monotonicMicros, type ScanReply, UdevnsError, type UeventMessage } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { readAttributes } from "./attributes.ts";
import type { CaptureConfig } from "./config.ts";
import { type Found, foundDifference, presentRecord } from "./found.ts";
import { HostUdev } from "./host-udev.ts";
import { identityOf } from "./identity.ts";
import { type Heard, understand } from "./listen.ts";
import { handledMessage, heardMessage, type Speaker, scannedMessage } from "./message.ts";
import type { Outlet } from "./outlet.ts";
import { type PresentDevice, readSeqnum, SYSFS, scanDevices } from "./scan.ts";

/** Looks at /sys for one scan: in each but the last, the kernel spoke of devices around what had to be said. */
const MAX_LOOKS = 3;
/** Then it is scanned again. */
const SCAN_AGAIN_MS = 2_000;

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
  /** All that is said while what policy knows is read. */
  #meanwhile: UeventMessage[] | undefined;
  /** Resolves when all that the socket has had by now is handed in. */
  readonly #settled: () => Promise<void>;
  #latest = 0;
  /** Scans under way, each with the devpaths that the kernel has spoken of meanwhile. */
  readonly #listeners = new Set<Set<string>>();
  #scans = 0;
  #bells = 0;
  #again: NodeJS.Timeout | undefined;

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
   * dropped by the log's limits before policy read it. One at a time.
   * @param read gives what policy will know; called when all that was said by then is stored
   * @throws UDEVNS_E_SCAN
   */
  async scanAgainst(read: () => Promise<DeviceDatabase>, stored: () => Promise<void>): Promise<ScanReply> {
    const meanwhile: UeventMessage[] = [];
    this.#meanwhile = meanwhile;
    try {
      await stored();
      const known = await read();
      // Said twice it changes nothing.
      for (const message of meanwhile) known.apply(message);
      this.#said = known;
    } finally {
      this.#meanwhile = undefined;
    }
    const { withheld, ...found } = await this.#scan("asked for");
    if (withheld > 0) throw new UdevnsError("UDEVNS_E_SCAN", { withheld, looks: MAX_LOOKS });
    return found;
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

  /** Publishes what differs between /sys and what was said. Runs at the start and after a loss; what it has to leave out is said later. */
  async scan(reason: string): Promise<void> {
    const { withheld } = await this.#scan(reason);
    if (withheld === 0) return;
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      this.scan(reason).catch(this.#context.fail);
    }, SCAN_AGAIN_MS);
  }

  /** Scans no more. */
  close(): void {
    clearTimeout(this.#again);
  }

  async #scan(reason: string): Promise<ScanReply & { withheld: number }> {
    const found = { added: 0, removed: 0, changed: 0, withheld: 0 };
    for (let looks = 0; looks === 0 || (found.withheld > 0 && looks < MAX_LOOKS); looks += 1) {
      const { difference, withheld } = await this.#look();
      for (const kind of ["added", "removed", "changed"] as const) found[kind] += difference[kind].length;
      found.withheld = withheld;
    }
    this.#context.counters.add("scans");
    this.#context.log.info({ reason, ...found }, "scanned /sys");
    return found;
  }

  /**
   * The SEQNUM of what it says is such that every event that was sent by then has been heard before and every other one counts as
   * newer: an edge that came behind a scan it is older than would be taken for out of date.
   * What the kernel speaks of while we look is the kernel's to tell: /sys shows it already, and it would be told twice.
   */
  async #look(): Promise<Found> {
    const counter = readSeqnum(SYSFS);
    await this.#settled();
    const seqnum = Math.max(counter, this.#latest);
    const present = scanDevices(SYSFS).map((device) => this.#record(device, seqnum));
    const meanwhile = new Set<string>();
    this.#listeners.add(meanwhile);
    await this.#settled();
    this.#listeners.delete(meanwhile);
    const found = foundDifference(this.#said.all(), present, meanwhile);
    this.#sayFound(found.difference, seqnum);
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
      this.#meanwhile?.push(message);
    } else counters.add("uevents_dropped_buffer");
  }
}
