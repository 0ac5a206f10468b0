import { Bucket, type Bus, LogWriter, parseJson, readLog } from "@udevns/bus";
import { containerFromSketch } from "@udevns/policy";
import {
  bucketNames,
  type ContainerRecord,
  checked,
  DevnodeWork,
  streamNames,
  subjects,
  token,
  type UeventMessage,
} from "@udevns/protocol";

const BOOT = "00000000-0000-4000-8000-000000000000";

/** A host that exists only as messages: what its capture and inventory would say. */
export class PaperHost {
  readonly name: string;
  readonly #bus: Bus;
  readonly #writer: LogWriter;
  #seqnum = 0;

  private constructor(bus: Bus, name: string, writer: LogWriter) {
    this.#bus = bus;
    this.name = name;
    this.#writer = writer;
  }

  static async open(bus: Bus, name: string): Promise<PaperHost> {
    return new PaperHost(bus, name, await LogWriter.open(bus, streamNames.uevent(name)));
  }

  static devpath(number: number): string {
    return `/devices/virtual/block/paper${number}`;
  }

  async startContainer(name: string): Promise<void> {
    const record: ContainerRecord = {
      ...containerFromSketch({ name }, this.name),
      boot: BOOT,
      instance: `${BOOT}:${name}:1`,
      since: new Date(0).toISOString(),
    };
    await new Bucket(this.#bus, bucketNames.containers).put(
      `${token(this.name)}.${token(name)}`,
      JSON.stringify(record),
    );
  }

  /** Devices that it was given so far. */
  get plugged(): number {
    return this.#seqnum;
  }

  /** Says that the kernel has a new disk; resolves when it is in the log. @returns the devpath */
  plug(number: number): Promise<string> {
    return this.#say("add", number);
  }

  /** Says that it is gone. */
  unplug(number: number): Promise<string> {
    return this.#say("remove", number);
  }

  async #say(action: "add" | "remove", number: number): Promise<string> {
    const seqnum = ++this.#seqnum;
    const devpath = PaperHost.devpath(number);
    const message: UeventMessage = {
      v: 1,
      id: `${this.name}:${BOOT}:${seqnum}`,
      host: this.name,
      boot: BOOT,
      source: "kernel",
      action,
      devpath,
      subsystem: "block",
      seqnum,
      properties: {
        ACTION: action,
        DEVPATH: devpath,
        SUBSYSTEM: "block",
        MAJOR: "240",
        MINOR: String(number),
        DEVNAME: `paper${number}`,
        DEVTYPE: "disk",
      },
      attributes: {},
      hops: {},
    };
    await this.#writer.publish(subjects.uevent(this.name, "block", action), message, message.id);
    return devpath;
  }

  /** What its devnode was told to give, in the log's order. */
  async gives(): Promise<string[]> {
    const orders = await this.#orders();
    return orders.flatMap((order) => (order.kind === "give" ? [order.device.devpath] : []));
  }

  async #orders(): Promise<DevnodeWork[]> {
    const stored = await readLog(this.#bus, streamNames.devnode(this.name), { sequence: 1 });
    return stored
      .filter(({ subject }) => subject !== subjects.term(this.name))
      .map(({ subject, data }) => checked(DevnodeWork, parseJson(data, subject), subject));
  }

  /** The replicas that decided for it, in the order of their terms. */
  async terms(): Promise<string[]> {
    const stored = await readLog(this.#bus, streamNames.devnode(this.name), { sequence: 1 });
    return stored
      .filter(({ subject }) => subject === subjects.term(this.name))
      .map(({ subject, data }) => (parseJson(data, subject) as { holder: string }).holder);
  }
}
