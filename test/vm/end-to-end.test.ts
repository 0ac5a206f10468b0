import { afterAll, beforeAll, describe } from "@jest/globals";
import { devicesStory } from "./stories/devices.ts";
import { figuresStory } from "./stories/figures.ts";
import { gateStory } from "./stories/gate.ts";
import { keyboardStory } from "./stories/keyboard.ts";
import { moveStory } from "./stories/move.ts";
import { openStage, type Stage } from "./udevns/stage.ts";

const POLICY = `
version: 1
rules:
  - name: the fourth port
    match: { subsystem: usb, devtype: usb_device, port: "1-4" }
    give: { container: desk, absent: host }
  - name: the hub's second port
    match: { subsystem: usb, devtype: usb_device, port: "1-2.2" }
    give: { container: c2 }
  - name: everything else that is plugged in
    match: { subsystem: usb, devtype: usb_device, none-of: [{ class: hub }] }
    give: { container: c1 }
`;

/** One guest for all of it: emulated, the services take longest to start. */
describe("udevns with real devices", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage(POLICY);
  }, 900_000);

  afterAll(() => stage?.close());

  describe(
    "a USB keyboard",
    keyboardStory(() => stage),
  );
  describe(
    "other devices, and several",
    devicesStory(() => stage),
  );
  describe(
    "a move",
    moveStory(() => stage),
  );
  describe(
    "figures",
    figuresStory(() => stage),
  );
  describe(
    "a gate",
    gateStory(() => stage, POLICY),
  );
});
