import { readFileSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Bucket, call, parseJson, readLog } from "@udevns/bus";
import { DeviceDatabase } from "@udevns/devices";
import {
  AttachReply,
  bucketNames,
  type Claim,
  type DeviceRecord,
  streamNames,
  subjects,
  token,
  type UeventMessage,
} from "@udevns/protocol";
import { type LoopDevice, type LoopRange, openLoops } from "../../support/loop.ts";
import { type LonePartition, openPartition } from "../../support/partition.ts";
import { childrenOf, type Stack, startStack } from "../../support/stack.ts";
import { labelOf, pokeUevent } from "../../support/synthetic.ts";
import { until } from "../../support/until.ts";
import type { ContainerName, Victim } from "../model/action.ts";
import type { Label } from "../model/judge.ts";
import { DEVICES, givenBy, MARKER, PARTITION } from "../model/world.ts";
import { Clock } from "./clock.ts";
import { type Guest, startGuest } from "./guests.ts";

/** Messages at the log's end in which a mark is looked for; other tests' devices are in it too. */
const TAIL = 300;

export interface HostOptions {
  /** Capture's socket has room for a few events alone, so that bursts are lost. */
  readonly tight?: boolean;
}

/** Bytes of a socket in which two events are too many. */
const TIGHT_BYTES = 4_096;

/** The machine that schedules are played on: one udevns for all of them, devices and containers of each its own. */
export class Host {
  readonly stack: Stack;
  /** Whether events may be lost before capture has them. */
  readonly isTight: boolean;
  readonly clock: Clock;
  readonly guests = new Map<ContainerName, Guest>();
  readonly #loops: LoopRange;
  /** On a disk that stays, and is nobody's. */
  readonly #partition: LonePartition;
  readonly #plugged = new Map<number, Pick<LoopDevice, "unplug">>();
  /** What the kernel said of each device since the page was turned. */
  readonly #said = new Map<number, Label[]>();
  readonly #frozen = new Map<Victim, number>();
  readonly #claimed = new Set<number>();
  #underWay: Promise<unknown>[] = [];
  #claiming: Promise<unknown> = Promise.resolve();
  #lastMark: Label = "";
  #pokes = 0;
  #policy: string;

  private constructor(stack: Stack, clock: Clock, loops: LoopRange, partition: LonePartition, tight: boolean) {
    this.isTight = tight;
    this.stack = stack;
    this.clock = clock;
    this.#loops = loops;
    this.#partition = partition;
    this.#policy = policyText(loops, 0);
  }

  static async start({ tight = false }: HostOptions): Promise<Host> {
    const clock = new Clock();
    const loops = openLoops();
    const partition = openPartition(loops.plug(PARTITION));
    try {
      const stack = await startStack(policyText(loops, 0), {
        env: {
          ...clock.env,
          UDEVNS_RUNTIMES: "none",
          UDEVNS_RESTART_MS: "100",
          ...(tight ? { UDEVNS_RCVBUF: String(TIGHT_BYTES) } : {}),
        },
      });
      return new Host(stack, clock, loops, partition, tight);
    } catch (error) {
      partition.close();
      loops.close();
      clock.close();
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const guest of this.guests.values()) await guest.stop();
    this.#partition.close();
    this.#loops.close();
    await this.stack.stop();
    this.clock.close();
  }

  /** Its number is `7:473001`; that of its last life while it is not plugged in. */
  nameOf(device: number): { name: string; number: string | undefined } {
    const name = basename(this.devpath(device));
    return { name, number: device === PARTITION ? this.#partition.number : `7:${name.slice("loop".length)}` };
  }

  /** Numbers that were a device's here and are not any more. */
  formerNumbers(): Iterable<string> {
    return this.#partition.former;
  }

  devpath(device: number): string {
    return device === PARTITION ? this.#partition.devpath : `/devices/virtual/block/${this.#loops.name(device)}`;
  }

  plug(device: number): void {
    this.#plugged.set(device, device === PARTITION ? this.#plugPartition() : this.#loops.plug(device));
    this.#say(device, "add");
  }

  #plugPartition(): Pick<LoopDevice, "unplug"> {
    this.#partition.plug();
    return this.#partition;
  }

  renumber(device: number): void {
    if (device !== PARTITION) throw new Error(`the number of device ${device} is in its name`);
    this.#partition.renumber();
    this.#say(device, "remove");
    this.#say(device, "add");
  }

  unplug(device: number): void {
    this.#plugged.get(device)?.unplug();
    this.#plugged.delete(device);
    this.#say(device, "remove");
  }

  change(device: number): void {
    const number = this.#pokes++;
    pokeUevent(this.devpath(device), number);
    this.#say(device, `change ${number}`);
  }

  said(device: number): readonly Label[] {
    return this.#said.get(device) ?? [];
  }

  turnPage(): void {
    this.#said.clear();
    for (const guest of this.guests.values()) guest.turnPage();
  }

  /** Text of the policy that shall be in force. */
  get policy(): string {
    return this.#policy;
  }

  usePolicy(number: number): void {
    this.#policy = policyText(this.#loops, number);
    this.stack.writePolicy(this.#policy);
    process.kill(this.stack.pid, "SIGHUP");
  }

  /** A claim as `udevns claim` writes it; undefined releases. */
  claim(device: number, container: ContainerName | undefined): void {
    const { bus, host } = this.stack;
    const unit = this.#identityOf(device);
    const key = `${token(host)}.${token(unit)}`;
    const claim: Claim | undefined = container && {
      v: 1,
      host,
      unit,
      containers: [container],
      share: false,
      who: "test",
      when: new Date(0).toISOString(),
    };
    const bucket = new Bucket(bus, bucketNames.claims);
    this.#claimed.add(device);
    // One after the other: two writes of one key must not overtake each other.
    this.#claiming = this.#claiming.then(async () => {
      if (claim === undefined) await bucket.delete(key);
      else await bucket.put(key, JSON.stringify(claim));
    });
  }

  start(name: ContainerName): void {
    const before = this.settled();
    this.#underWay.push(
      before.then(async () => {
        const guest = await startGuest(name);
        this.guests.set(name, guest);
        await this.#attach(guest);
      }),
    );
  }

  stopGuest(name: ContainerName): void {
    const before = this.settled();
    this.#underWay.push(
      before.then(async () => {
        await this.guests.get(name)?.stop();
        this.guests.delete(name);
      }),
    );
  }

  deafen(name: ContainerName): void {
    this.#underWay.push(this.settled().then(() => this.guests.get(name)?.deafen()));
  }

  pause(name: ContainerName): void {
    this.#underWay.push(this.settled().then(() => this.guests.get(name)?.pause()));
  }

  resume(name: ContainerName): void {
    this.#underWay.push(this.settled().then(() => this.guests.get(name)?.resume()));
  }

  resumeAll(): void {
    for (const guest of this.guests.values()) guest.resume();
  }

  /** Before it can be started again. */
  loseStore(): void {
    const pid = this.#pidOf("nats-server");
    if (pid === undefined) throw new Error("nats-server is not there to lose its store");
    process.kill(pid, "SIGKILL");
    // The killed one may still be writing: it is the name that the next one looks for.
    const store = join(this.stack.env.UDEVNS_STATE_DIR as string, "nats");
    renameSync(store, `${store}.lost-${pid}`);
  }

  /** Resolves when all is done that was begun. */
  async settled(): Promise<void> {
    await Promise.all([...this.#underWay, this.#claiming]);
  }

  kill(victim: Victim): void {
    const pid = this.#pidOf(victim);
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  }

  freeze(victim: Victim): void {
    const pid = this.#pidOf(victim);
    if (pid === undefined) return;
    this.#frozen.set(victim, pid);
    process.kill(pid, "SIGSTOP");
  }

  thaw(victim: Victim): void {
    const pid = this.#frozen.get(victim);
    this.#frozen.delete(victim);
    // Killed meanwhile, it is nobody's child any more, and its pid may be another's.
    if (pid !== undefined && pid === this.#pidOf(victim)) process.kill(pid, "SIGCONT");
  }

  thawAll(): void {
    for (const victim of [...this.#frozen.keys()]) this.thaw(victim);
  }

  /** Takes everything out that a schedule has left. */
  async clear(): Promise<void> {
    this.clock.set(0);
    this.thawAll();
    await this.settled();
    for (const device of [...this.#plugged.keys()]) this.unplug(device);
    this.#partition.clear();
    for (const device of this.#claimed) this.claim(device, undefined);
    for (const name of this.guests.keys()) this.stopGuest(name);
    await this.settled();
    this.#underWay = [];
    this.#claimed.clear();
    this.usePolicy(0);
    await until(() => this.isDecided(), "policy to have decided all");
  }

  /** True when policy has decided the last event of the device that belongs to all, and all that stands in the log by now. */
  async isDecided(): Promise<boolean> {
    const { bus, host } = this.stack;
    try {
      const stream = streamNames.uevent(host);
      const end = async () => (await bus.jsm.streams.info(stream)).state.last_seq;
      const stored = await readLog(bus, stream, { sequence: Math.max(1, (await end()) - TAIL) });
      const events = stored.map(({ subject, data }) => parseJson(data, subject) as UeventMessage);
      const last = events.findLast(({ devpath, source }) => source === "kernel" && devpath === this.devpath(MARKER));
      if (last === undefined || labelOf(last) !== this.#lastMark) return false;
      // Where the log ends is asked once the mark was seen in it: else the mark could come in between.
      const last_seq = await end();
      const position = await new Bucket(bus, bucketNames.positions).get(`${token(host)}.policy`);
      return JSON.parse(position?.value ?? "{}").sequence === last_seq;
    } catch {
      // The server is on its way back.
      return false;
    }
  }

  #say(device: number, label: Label): void {
    if (device === MARKER) this.#lastMark = label;
    this.#said.set(device, [...(this.#said.get(device) ?? []), label]);
  }

  /** Asked again while inventory is away: what it has not answered it may have done, and then it says so again. */
  async #attach({ container: { name, pid } }: Guest): Promise<void> {
    const { bus, host } = this.stack;
    for (;;) {
      try {
        await call(bus, subjects.rpc(host, "attach"), { name, pid, labels: {} }, AttachReply, 2_000);
        return;
      } catch (error) {
        const { code } = error as { code?: string };
        // The end of an earlier one of that name may not be known yet.
        if (code !== "UDEVNS_E_BUS_TIMEOUT" && code !== "UDEVNS_E_CONTAINER_NAME") throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  #pidOf(victim: Victim): number | undefined {
    const isIt = ({ pid, name }: { pid: number; name: string }) =>
      victim === "nats-server" ? name === victim : commandOf(pid).includes(`/services/${victim}/src/main.`);
    return childrenOf(this.stack.pid).find(isIt)?.pid;
  }

  /** A partition is its disk's. */
  #identityOf(device: number): string {
    const db = new DeviceDatabase();
    const record: DeviceRecord = {
      v: 1,
      host: this.stack.host,
      boot: "",
      devpath: device === PARTITION ? dirname(this.devpath(device)) : this.devpath(device),
      subsystem: "block",
      seqnum: 0,
      properties: {},
      attributes: {},
    };
    db.put(record);
    return db.unitOf(record.devpath)?.identity as string;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** Of the partition's disk nobody gets anything else: its other partitions have the numbers that this one had. */
function policyText(loops: LoopRange, number: number): string {
  const rules = Array.from({ length: DEVICES }, (_, device) => {
    const owners = givenBy(number, device);
    const name = loops.name(device);
    const only = device === PARTITION ? `, only: [{ devname: ${name}p1 }]` : "";
    const give = (to: string) => `give: { container: [${to}], share: ${owners.length > 1}${only} }`;
    const rule = (title: string, outcome: string) =>
      `  - { name: ${title} ${device}, match: { devname: ${name} }, ${outcome} }\n`;
    // What a claim gives is what a rule gives.
    const claimed = device === PARTITION ? rule("claimed", give("nobody")) : "";
    return rule("disk", owners.length === 0 ? "deny: true" : give(owners.join())) + claimed;
  });
  return `version: 1\nrules:\n${rules.join("")}`;
}
