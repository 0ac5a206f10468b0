import { type DeviceRecord, type Devnum, formatDevnum, type UeventMessage } from "@udevns/protocol";
import { type DeviceChange, noChange } from "./change.ts";
import { isSameState } from "./diff.ts";
import { fold, isSynthetic } from "./fold.ts";
import { Tombstones } from "./tombstones.ts";
import { Tree } from "./tree.ts";
import { makeUnit, type Unit, unitRoot } from "./unit.ts";

/** A device and how far its edges have been folded in. */
interface Entry {
  readonly record: DeviceRecord;
  /** Seqnum of the `add` that made it: what udev says of an earlier device on the same path is not about this one. */
  readonly born: number;
  /** Seqnum of the last word from udev; -1 before the first. */
  readonly udevSeqnum: number;
}

/** A change before the units that it touches are worked out. */
type Bare<C> = C extends DeviceChange ? Omit<C, "units"> : never;

/**
 * The devices of one host, as they are now: a tree by devpath with indexes by devnum and subsystem. In memory, no I/O.
 * Edges may be applied twice: one that is not newer than what is known of its device changes nothing.
 */
export class DeviceDatabase {
  readonly #tree = new Tree<Entry>();
  readonly #entries = new Map<string, Entry>();
  /** Devpaths by number, the latest last: while removals are still on their way, two devices may have the same. */
  readonly #byDevnum = new Map<string, readonly string[]>();
  readonly #bySubsystem = new Map<string, Set<string>>();
  /** Built when asked for, forgotten when anything in or above the unit changes. */
  readonly #units = new Map<string, Unit>();
  readonly #gone = new Tombstones();

  get size(): number {
    return this.#entries.size;
  }

  /** Folds one edge in. */
  apply(event: UeventMessage): DeviceChange {
    if (event.source === "udev") return this.#refine(event);
    if (event.action === "remove") return this.#depart(event);
    const from = event.action === "move" ? event.properties.DEVPATH_OLD : undefined;
    if (from !== undefined && from !== event.devpath) return this.#move(event, from);
    return this.#arrive(event);
  }

  /** Takes a record as it is, from a bucket or a test. */
  put(record: DeviceRecord): DeviceChange {
    const before = this.get(record.devpath);
    return this.#changing([record.devpath], () => {
      this.#set({ record, born: record.seqnum, udevSeqnum: record.udev === undefined ? -1 : record.seqnum });
      return before === undefined ? { kind: "added", device: record } : { kind: "changed", device: record, before };
    });
  }

  /** Takes out the device and what hangs below it. Returns them children first. */
  remove(devpath: string): DeviceRecord[] {
    const removed = this.subtree(devpath).reverse();
    for (const root of this.#roots(devpath)) this.#units.delete(root);
    for (const record of removed) this.#delete(record);
    return removed;
  }

  get(devpath: string): DeviceRecord | undefined {
    return this.#entries.get(devpath)?.record;
  }

  byDevnum(devnum: Devnum): DeviceRecord | undefined {
    const devpath = this.#byDevnum.get(devnumKey(devnum))?.at(-1);
    return devpath === undefined ? undefined : this.get(devpath);
  }

  *bySubsystem(subsystem: string): Generator<DeviceRecord> {
    for (const devpath of this.#bySubsystem.get(subsystem) ?? []) yield this.get(devpath)!;
  }

  *all(): Generator<DeviceRecord> {
    for (const { record } of this.#entries.values()) yield record;
  }

  /** What is above a device, nearest first; directories that are no device are skipped. The device itself need not be known. */
  *ancestors(devpath: string): Generator<DeviceRecord> {
    for (const { record } of this.#tree.above(devpath)) yield record;
  }

  /** The device and what hangs below it, parents first. */
  subtree(devpath: string): DeviceRecord[] {
    return Array.from(this.#tree.within(devpath), (entry) => entry.record);
  }

  /** The unit that a device belongs to. */
  unitOf(devpath: string): Unit | undefined {
    const root = this.#rootOf(devpath);
    return root === undefined ? undefined : this.#unitAt(root);
  }

  /** All units, in the order in which their devices came. */
  *units(): Generator<Unit> {
    const seen = new Set<string>();
    for (const devpath of this.#entries.keys()) {
      const root = this.#rootOf(devpath)!;
      if (seen.has(root)) continue;
      seen.add(root);
      yield this.#unitAt(root);
    }
  }

  /**
   * A unit by its identity or by its root's devpath. Where things that cannot be told apart share an identity,
   * the one that is first by devpath.
   */
  unit(id: string): Unit | undefined {
    if (id.startsWith("/")) return this.#rootOf(id) === id ? this.#unitAt(id) : undefined;
    const found = [...this.units()].filter((unit) => unit.identity === id);
    return found.sort((a, b) => (a.root < b.root ? -1 : 1))[0];
  }

  #arrive(event: UeventMessage): DeviceChange {
    const { devpath, boot, seqnum } = event;
    const entry = this.#entries.get(devpath);
    const known = entry?.record.boot === boot ? entry : undefined;
    if (this.#isLate(event)) return noChange;
    if (known !== undefined && !isNews(known.record, event)) return noChange;
    const fresh = known === undefined || (event.source === "kernel" && event.action === "add" && !isSynthetic(event));
    const record = fold(fresh ? undefined : known.record, event);
    return this.#changing([devpath], () => {
      this.#set({
        record,
        born: fresh ? seqnum : known.born,
        udevSeqnum: event.udev !== undefined ? seqnum : fresh ? -1 : known.udevSeqnum,
      });
      return entry === undefined
        ? { kind: "added", device: record }
        : { kind: "changed", device: record, before: entry.record };
    });
  }

  /**
   * udev comes behind the kernel: it adds its own words to a device that the kernel has spoken of. Anybody with CAP_NET_ADMIN can
   * send what looks like udevd, so nothing else of the message counts: number, name and the rest stay the kernel's.
   */
  #refine({ devpath, boot, seqnum, udev }: UeventMessage): DeviceChange {
    const known = this.#entries.get(devpath);
    if (known === undefined || known.record.boot !== boot) return noChange;
    const before = known.record;
    if (udev === undefined || seqnum < known.born || seqnum < known.udevSeqnum) return noChange;
    if (JSON.stringify(udev) === JSON.stringify(before.udev)) return noChange;
    const record = { ...before, udev };
    return this.#changing([devpath], () => {
      this.#set({ ...known, record, udevSeqnum: seqnum });
      return { kind: "changed", device: record, before };
    });
  }

  /**
   * True for an edge of a device that had gone by then. A scan tells with one seqnum that a device is gone and that another is in
   * its place, in this order.
   */
  #isLate({ devpath, boot, seqnum, source, action }: UeventMessage): boolean {
    const gone = this.#gone.goneAt(devpath, boot);
    if (gone === undefined) return false;
    return source === "scan" && action !== "remove" ? seqnum < gone : seqnum <= gone;
  }

  #depart(event: UeventMessage): DeviceChange {
    const { devpath, boot, seqnum } = event;
    const entry = this.#entries.get(devpath);
    const stale = entry?.record.boot === boot && (seqnum < entry.record.seqnum || seqnum < entry.born);
    if (stale || this.#isLate(event)) return noChange;
    if (entry === undefined) {
      this.#gone.bury(devpath, boot, seqnum);
      return noChange;
    }
    return this.#changing([devpath], () => this.#bury(entry.record, boot, seqnum));
  }

  #bury(device: DeviceRecord, boot: string, seqnum: number): Bare<DeviceChange> {
    const removed = this.remove(device.devpath);
    for (const { devpath } of removed) this.#gone.bury(devpath, boot, seqnum);
    return { kind: "removed", device, removed };
  }

  /** A rename: the kernel tells it of the device alone, and what hangs below it goes along. */
  #move(event: UeventMessage, from: string): DeviceChange {
    const { devpath, boot, seqnum } = event;
    const isOlder = ({ record }: Entry): boolean => record.boot !== boot || record.seqnum < seqnum;
    const leaving = Array.from(this.#tree.within(from)).filter(isOlder);
    const [top] = leaving;
    if (top === undefined) return this.#arrive(event);
    return this.#changing([from, devpath], () => {
      const removed = leaving.map(({ record }) => record).reverse();
      for (const record of removed) {
        this.#delete(record);
        this.#gone.bury(record.devpath, boot, seqnum);
      }
      const there = this.#entries.get(devpath);
      // A scan has seen the device under its new name already: what is known there is newer than what would come along.
      if (there !== undefined && !isOlder(there)) return { kind: "removed", device: top.record, removed };
      const old = leaving.find(({ record }) => record.devpath === from);
      const device = fold(old && { ...old.record, devpath }, event);
      this.#set({ record: device, born: old?.born ?? seqnum, udevSeqnum: old?.udevSeqnum ?? -1 });
      for (const entry of leaving) {
        if (entry === old) continue;
        this.#set({
          ...entry,
          record: { ...entry.record, devpath: devpath + entry.record.devpath.slice(from.length) },
        });
      }
      return { kind: "moved", device, from };
    });
  }

  /** Runs a change and tells which units it touched: a child sees its parents, so all units below the paths are. */
  #changing(devpaths: readonly string[], change: () => Bare<DeviceChange>): DeviceChange {
    const before = devpaths.flatMap((devpath) => this.#roots(devpath));
    const bare = change();
    const units = [...new Set([...before, ...devpaths.flatMap((devpath) => this.#roots(devpath))])];
    for (const root of units) this.#units.delete(root);
    return { ...bare, units } as DeviceChange;
  }

  #roots(devpath: string): string[] {
    return [...new Set(this.subtree(devpath).map((record) => this.#rootOf(record.devpath)!))];
  }

  #rootOf(devpath: string): string | undefined {
    const record = this.get(devpath);
    return record === undefined ? undefined : unitRoot([record, ...this.ancestors(devpath)]).devpath;
  }

  #unitAt(root: string): Unit {
    let unit = this.#units.get(root);
    if (unit === undefined) {
      const devices = this.#tree.within(root, ({ record }) => this.#rootOf(record.devpath) === root);
      unit = makeUnit(
        this.get(root)!,
        Array.from(devices, (entry) => entry.record),
      );
      this.#units.set(root, unit);
    }
    return unit;
  }

  #set(entry: Entry): void {
    const { devpath, devnum, subsystem } = entry.record;
    const before = this.get(devpath);
    if (before !== undefined) this.#delete(before);
    this.#gone.open(devpath);
    this.#tree.set(devpath, entry);
    this.#entries.set(devpath, entry);
    if (devnum !== undefined) {
      const key = devnumKey(devnum);
      this.#byDevnum.set(key, [...(this.#byDevnum.get(key) ?? []), devpath]);
    }
    const same = this.#bySubsystem.get(subsystem);
    if (same === undefined) this.#bySubsystem.set(subsystem, new Set([devpath]));
    else same.add(devpath);
  }

  #delete(record: DeviceRecord): void {
    const { devpath, devnum, subsystem } = record;
    this.#tree.delete(devpath);
    this.#entries.delete(devpath);
    if (devnum !== undefined) {
      const key = devnumKey(devnum);
      const others = this.#byDevnum.get(key)?.filter((other) => other !== devpath) ?? [];
      if (others.length === 0) this.#byDevnum.delete(key);
      else this.#byDevnum.set(key, others);
    }
    const same = this.#bySubsystem.get(subsystem);
    same?.delete(devpath);
    if (same?.size === 0) this.#bySubsystem.delete(subsystem);
  }
}

/** A scan looks after the event that its seqnum is of, so it may know more of the device at the same seqnum. */
const isNews = (known: DeviceRecord, event: UeventMessage): boolean =>
  event.seqnum > known.seqnum ||
  (event.seqnum === known.seqnum && event.source === "scan" && !isSameState(known, fold(known, event)));

const devnumKey = (devnum: Devnum): string => devnum.type + formatDevnum(devnum);
