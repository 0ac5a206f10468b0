import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { subjects } from "@udevns/protocol";
import { type LoneServices, startBusForServices } from "../support/lone-services.ts";
import { labelOf, pokeUevent } from "../support/synthetic.ts";
import { hearCapture } from "../support/uevent-log.ts";
import { until } from "../support/until.ts";
import { plugZram } from "../support/zram.ts";

let services: LoneServices;

beforeAll(async () => {
  services = await startBusForServices();
  await services.start("capture");
});
afterAll(async () => {
  await services?.stop();
});

test("capture, started alone, publishes the kernel's events in order, in JSON that a person can read", async () => {
  const heard = await hearCapture(services);
  const zram = plugZram();
  const own = () => heard.filter(({ event }) => event.devpath === zram.devpath);
  try {
    // Attributes can be read only while the device is there.
    await until(() => own().length > 0, "the add");
    for (let number = 0; number < 50; number += 1) pokeUevent(zram.devpath, number);
  } finally {
    zram.unplug();
  }
  await until(() => own().some(({ event }) => event.action === "remove"), "the remove");
  const numbered = Array.from({ length: 50 }, (_, number) => `change ${number}`);
  expect(own().map(({ event }) => labelOf(event))).toEqual(["add", ...numbered, "remove"]);

  const seqnums = heard.map(({ event }) => event.seqnum);
  expect(seqnums).toEqual([...seqnums].sort((a, b) => a - b));

  const [add] = own();
  expect(add!.subject).toBe(subjects.uevent(services.host, "block", "add"));
  expect(add!.event).toMatchObject({
    v: 1,
    host: services.host,
    source: "kernel",
    action: "add",
    subsystem: "block",
    properties: { DEVNAME: zram.name, DEVTYPE: "disk", MAJOR: expect.stringMatching(/^\d+$/) },
    attributes: { removable: "0", ro: "0", size: "0" },
  });
  expect(Object.keys(add!.event.properties).slice(0, 3)).toEqual(["ACTION", "DEVPATH", "SUBSYSTEM"]);
  expect(add!.event.id).toBe(`${services.host}:${add!.event.boot}:${add!.event.seqnum}`);
});
