import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Rig } from "./driver/rig.ts";
import { provideRig } from "./image/rig.ts";
import { buildKernel } from "./scenario/kernel-build.ts";
import { kernelTrouble } from "./scenario/kernel-log.ts";
import { failures, parseTap } from "./scenario/tap.ts";

const RELOADS = 100;
const FUZZ_SECONDS = 10;

describe("udevns.ko", () => {
  let rig: Rig;

  const tap = async (program: string, timeout = 60) => {
    const results = parseTap(await rig.run(`/kernel/module/test/${program}`, { timeout }));
    process.stdout.write(`${program}: ${results.length} checks, the last: ${results.at(-1)?.name}\n`);
    expect(failures(results)).toEqual([]);
  };

  const load = (parameters = "") => rig.sh(`insmod /kernel/module/udevns.ko ${parameters} && udevadm settle`);
  /** Namespaces end in the background, and one that is closed keeps the module. */
  const unload = () =>
    rig.sh("for i in $(seq 300); do rmmod udevns 2>/dev/null && exit 0; sleep 0.1; done; lsmod; exit 1");
  const stats = async (): Promise<Record<string, number>> => {
    const text = await rig.sh("cat /sys/kernel/debug/udevns/stats");
    return Object.fromEntries(
      text
        .trim()
        .split("\n")
        .map((line) => [line.split(" ")[0], Number(line.split(" ")[1])]),
    );
  };

  beforeAll(async () => {
    const kernel = await buildKernel((await provideRig()).release);
    rig = await Rig.boot({ shares: { kernel } });
    await rig.mount("kernel", "/kernel");
    await rig.sh("modprobe dummy numdummies=0");
  }, 720_000);

  afterAll(() => rig?.close());

  test("the device is there for root alone", async () => {
    await load();
    expect(await rig.sh("stat -c '%F %a %u:%g' /dev/udevns")).toBe("character special file 600 0:0\n");
    await unload();
    expect((await rig.run("[ -e /dev/udevns ]")).code).toBe(1);
  });

  test("each error, each right, each kind of namespace", async () => {
    await load();
    await tap("udevns_test");
    const { sent = 0, refused = 0, unheard = 0, bytes = 0 } = await stats();
    expect([sent > 0, refused > 20, unheard > 0, bytes > sent]).toEqual([true, true, true, true]);
    await unload();
  });

  test("no gate unless the parameter allows it", async () => {
    await load();
    await tap("gate_test off");
    await unload();
  });

  test("the gate stops the host's broadcast and nothing else", async () => {
    await load("gate=1");
    await tap("gate_test", 120);
    await unload();
  });

  test("a closed gate keeps the module loaded", async () => {
    await load("gate=1");
    const pid = await rig
      .sh(`
      /kernel/module/test/gate_test hold > /tmp/hold & pid=$!
      for i in $(seq 300); do grep -q closed /tmp/hold && break; sleep 0.1; done
      echo $pid`)
      .then((text) => text.trim());
    expect((await rig.run("rmmod udevns")).stderr).toMatch(/in use/);
    await rig.sh(`kill ${pid}`);
    await unload();
  });

  test(`${RELOADS} times unloaded and loaded under traffic`, async () => {
    const pid = await rig.sh("/kernel/module/test/traffic 3600 > /tmp/traffic 2>&1 & echo $!");
    const script = `
      busy=0; i=0
      while [ $i -lt ${RELOADS} ]; do
        insmod /kernel/module/udevns.ko gate=1 || exit 1
        sleep 0.02
        until rmmod udevns 2>/dev/null; do busy=$((busy+1)); [ $busy -lt 10000 ] || exit 2; done
        i=$((i+1))
      done
      # Never busy would mean that there was no traffic.
      [ $busy -gt 0 ] || exit 3
      echo "reloaded $i times, $busy times busy"`;
    process.stdout.write(await rig.sh(script, { timeout: 240 }));
    await rig.sh(`kill ${pid}`);
  }, 260_000);

  test(`${FUZZ_SECONDS} s of random requests`, async () => {
    await load("gate=1");
    await tap(`fuzz ${FUZZ_SECONDS} ${Date.now()}`, FUZZ_SECONDS + 60);
    await unload();
  }, 90_000);

  test("the kernel's log is clean after all that", async () => {
    expect(await kernelTrouble(rig)).toEqual([]);
  });
});
