import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Container } from "../scenario/container.ts";
import { host } from "../scenario/host.ts";
import { interleave, type Spread, show, spread } from "../scenario/interleave.ts";
import { PATIENCE, POLL } from "../scenario/patience.ts";
import type { Place } from "../scenario/place.ts";
import { plugSerial } from "../scenario/serial-line.ts";
import type { Stage } from "../udevns/stage.ts";

const ROUNDS = 9;
const SERIAL_BYTES = 64 << 10;

/** Nothing of ours is in the data path: the same device measured from the host and from its container, in turn. */
export const figuresStory = (open: () => Stage) => () => {
  let stage: Stage;
  let c1: Container;
  let scratch: string;

  beforeAll(async () => {
    stage = open();
    [c1] = stage.containers;
    scratch = await mkdtemp(join(tmpdir(), "udevns-vm-test-"));
    await stage.rig.mount("programs", "/programs");
    await stage.rig.sh("cp /programs/keyclock /keyclock; cp /programs/keyclock /run/containers/c1/root/keyclock");
  }, PATIENCE);

  afterAll(() => rm(scratch, { recursive: true, force: true }));

  const until = async (place: Place, script: string): Promise<string> => {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const { code, stdout } = await place.run(script);
      if (code === 0) return stdout;
      if (Date.now() > deadline)
        throw new Error(`${place.name}: never succeeded: ${script}\n${await stage.udevns.log()}`);
      await sleep(POLL);
    }
  };
  const places = (): Record<"host" | "container", Place> => ({ host: host(stage.rig), container: c1 });
  const both = (rounds: number, measure: (place: Place) => Promise<number>) => {
    const { host: outside, container } = places();
    return interleave(rounds, { host: () => measure(outside), container: () => measure(container) });
  };
  const print = (what: string, unit: string, figures: Record<"host" | "container", Spread>) =>
    process.stdout.write(`${what}: host ${show(figures.host, unit)}, container ${show(figures.container, unit)}\n`);
  /** Processes of ours that have the device open: a proxy would. */
  const ourHolders = (node: string) =>
    stage.rig.sh(`
      for fd in $(find /proc/[0-9]*/fd -lname '*${node}' 2>/dev/null); do
        pid=\${fd#/proc/}; tr '\\0' ' ' < /proc/\${pid%%/*}/cmdline
      done | grep -c services/ || true`);

  /** Milliseconds to add to the guest's clock: of several questions the one that was answered quickest. */
  async function clockOffset(): Promise<number> {
    const asked: { took: number; offset: number }[] = [];
    for (let i = 0; i < 10; i++) {
      const before = Date.now();
      const guest = Number(await stage.rig.sh("date +%s%3N"));
      const after = Date.now();
      asked.push({ took: after - before, offset: (before + after) / 2 - guest });
    }
    return asked.sort((a, b) => a.took - b.took)[0]?.offset ?? 0;
  }

  test("a key press, from QEMU to the process that reads the node", async () => {
    await stage.rig.plug("usb-kbd", "clocked", { port: "3" });
    const node = (await until(c1, "ls /dev/input/event*")).trim().split("\n").at(-1) ?? "";
    const offset = await clockOffset();
    const fromKernel = { host: [] as number[], container: [] as number[] };
    let count = 0;
    const press = (kind: "host" | "container") => async (): Promise<number> => {
      const place = places()[kind];
      const file = `/tmp/clock-${count++}`;
      await place.sh(`/keyclock ${node} > ${file} 2>&1 & until grep -q ready ${file}; do sleep 0.05; done`);
      const pressed = Date.now();
      await stage.rig.hands.press("k");
      await stage.rig.hands.release("k");
      const [read = 0, late = 0] = (await until(place, `sed -n 2p ${file} | grep .`)).trim().split(" ").map(Number);
      fromKernel[kind].push(late);
      return read / 1e6 + offset - pressed;
    };
    const whole = await interleave(ROUNDS, { host: press("host"), container: press("container") });
    print("key press to read", "ms", whole);
    print("key event to read", "µs", { host: spread(fromKernel.host), container: spread(fromKernel.container) });
    expect(await ourHolders(node)).toBe("0\n");
    await stage.rig.unplug("clocked");
    await until(c1, `[ ! -e ${node} ]`);
  }, 240_000);

  test("a stick's blocks", async () => {
    const image = join(scratch, "stick");
    await writeFile(image, Buffer.alloc(16 << 20, "udevns "));
    await stage.rig.qmp("blockdev-add", { driver: "file", "node-name": "timed", filename: image });
    await stage.rig.plug("usb-storage", "timed-storage", { drive: "timed" });
    await until(c1, "dd if=/dev/sda of=/dev/null bs=512 count=1");
    // By what dd itself has measured, past the page cache.
    const speeds = await both(ROUNDS, async (place) => {
      const text = await place.sh("/usr/bin/dd if=/dev/sda of=/dev/null bs=64k iflag=direct 2>&1");
      const [, bytes, seconds] = /^(\d+) bytes.*copied, ([\d.]+) s/m.exec(text) ?? [];
      return Number(bytes) / Number(seconds) / 1e6;
    });
    print("stick, direct reads of 64 KiB", "MB/s", speeds);
    expect(await ourHolders("/dev/sda")).toBe("0\n");
    await stage.rig.unplug("timed-storage");
    await until(c1, "[ ! -e /dev/sda ]");
  }, 240_000);

  test("a serial line's bytes", async () => {
    const line = await plugSerial(stage.rig, "timed-serial");
    await until(c1, "stty -F /dev/ttyUSB0 raw -echo 115200");
    // By when the far end got them.
    const speeds = await both(ROUNDS, async (place) => {
      const arrived = line.arrival(SERIAL_BYTES);
      await place.sh(`/usr/bin/dd if=/dev/zero of=/dev/ttyUSB0 bs=512 count=${SERIAL_BYTES / 512} 2> /dev/null`);
      return SERIAL_BYTES / 1e3 / ((await arrived) / 1e3);
    });
    print("serial adapter, writes of 512 bytes", "kB/s", speeds);
    expect(await ourHolders("/dev/ttyUSB0")).toBe("0\n");
    await stage.rig.unplug("timed-serial");
    await until(c1, "[ ! -e /dev/ttyUSB0 ]");
    await line.close();
  }, 240_000);
};
