import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Rig } from "./driver/rig.ts";
import { TIMED_OUT } from "./driver/shell.ts";
import { repository } from "./image/places.ts";

describe("the rig", () => {
  let rig: Rig;
  let scratch: string;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), "udevns-vm-test-"));
    rig = await Rig.boot({ shares: { work: repository } });
  }, 720_000);

  afterAll(async () => {
    await rig?.close();
    await rm(scratch, { recursive: true, force: true });
  });

  test("gives a command's output, complaints and exit code", async () => {
    const result = await rig.run("echo out; echo err >&2; exit 3");
    expect(result).toEqual({ stdout: "out\n", stderr: "err\n", code: 3 });
  });

  test("ends a script that takes too long", async () => {
    expect((await rig.run("sleep 20", { timeout: 1 })).code).toBe(TIMED_OUT);
  });

  test("lets a background child live on", async () => {
    const pid = await rig.sh("sleep 300 >/dev/null 2>&1 & echo $!");
    expect((await rig.run(`kill ${pid}`)).code).toBe(0);
  });

  test("plugs and unplugs a device", async () => {
    const keyboards = "grep -c 'QEMU USB Keyboard' /proc/bus/input/devices";
    await rig.plug("usb-kbd", "keyboard");
    await rig.sh(`for i in $(seq 300); do ${keyboards} && exit 0; sleep 0.1; done; exit 1`);
    await rig.unplug("keyboard");
    await rig.sh(`for i in $(seq 300); do ${keyboards} || exit 0; sleep 0.1; done; exit 1`);
  });

  test("names the reason when QEMU refuses", async () => {
    await expect(rig.plug("no-such-device", "x")).rejects.toThrow(/QMP device_add:.*no-such-device/);
  });

  test("restores a snapshot as often as wanted, and mounts a share then", async () => {
    await rig.sh("echo before > /tmp/mark");
    const snapshot = await rig.snapshot(join(scratch, "state"));
    await rig.sh("echo after > /tmp/mark");
    for (let round = 0; round < 2; round++) {
      const restored = await Rig.restore(snapshot);
      try {
        expect(await restored.sh("cat /tmp/mark; echo changed > /tmp/mark")).toBe("before\n");
        await restored.mount("work", "/work");
        expect(await restored.sh("head -c 1 /work/package.json")).toBe("{");
      } finally {
        await restored.close();
      }
    }
  });
});
