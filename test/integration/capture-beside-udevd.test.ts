import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type LoneServices, startBusForServices } from "../support/lone-services.ts";
import { startHostUdevd, type Udevd } from "../support/udevd.ts";
import { hearCapture } from "../support/uevent-log.ts";
import { until } from "../support/until.ts";
import { plugZram } from "../support/zram.ts";

let udevd: Udevd;
let services: LoneServices;

beforeAll(async () => {
  udevd = await startHostUdevd();
  services = await startBusForServices();
  // It sees the /run that this udevd writes, as both would on a host.
  await services.start("capture", {
    wrap: ["nsenter", "--target", String(udevd.pid), "--mount", `--wd=${process.cwd()}`],
  });
});
afterAll(async () => {
  await services?.stop();
  await udevd?.stop();
});

test("beside a real systemd-udevd capture hears the kernel first and then what udevd made of it, and udevd is undisturbed", async () => {
  const heard = await hearCapture(services);
  const zram = plugZram();
  const own = (source: string) =>
    heard.map(({ event }) => event).filter((event) => event.devpath === zram.devpath && event.source === source);
  try {
    await until(() => own("udev").length > 0, "udevd's word").catch((error: Error) => {
      throw new Error(`${error.message}\n${udevd.log()}`);
    });
    const [kernel] = own("kernel");
    const [udev] = own("udev");
    expect(kernel).toMatchObject({ action: "add", seqnum: udev!.seqnum });
    expect(heard.findIndex(({ event }) => event === kernel)).toBeLessThan(
      heard.findIndex(({ event }) => event === udev),
    );
    expect(udev!.id.startsWith(`${kernel!.id}:udev-`)).toBe(true);
    expect(udev!.udev).toMatchObject({ properties: { TEST_RULE: "ran" }, tags: ["udevns-test"] });
  } finally {
    zram.unplug();
  }
  await until(() => own("kernel").some(({ action }) => action === "remove"), "the kernel's remove");
});
