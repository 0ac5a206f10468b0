import { describe, expect, test } from "@jest/globals";
import type { DeviceRecord } from "@udevns/protocol";
import { decide } from "../src/index.ts";
import { decided, example, nodes, policy, situation } from "./support.ts";

const give = (text: string, match = '{ devpath: "/devices/*" }') =>
  policy(`  - { name: it, match: ${match}, give: { container: lab, ${text} } }\n`);
const plain = policy('  - { name: it, match: { devpath: "/devices/*" }, give: { container: lab } }\n');

const specs = (rules: ReturnType<typeof policy>, device: string) => {
  const decision = decided(rules, device);
  return decision.kind === "owned" ? decision.gives.flatMap(({ node }) => node ?? []) : [];
};

describe("a unit is given whole", () => {
  test("parents first, with those that have no node, for their events", () => {
    const decision = decided(plain, "keyboard-left");
    if (decision.kind !== "owned") throw new Error(decision.kind);
    const names = decision.gives.map(({ device, node }) => [device.devpath.split("/").at(-1), node?.path]);
    expect(names).toEqual([
      ["1-1.2", "bus/usb/001/005"],
      ["1-1.2:1.0", undefined],
      ["0003:046D:C31C.0001", undefined],
      ["hidraw1", "hidraw1"],
      ["input3", undefined],
      ["event3", "input/event3"],
    ]);
  });

  test.each([
    ["omit: [{ subsystem: hidraw }]", ["bus/usb/001/005", "input/event3"]],
    ["omit: [{ subsystem: hidraw }, { devtype: usb_device }]", ["input/event3"]],
    ["only: [{ subsystem: input }]", ["input/event3"]],
    ["only: [{ class: keyboard }, { subsystem: hidraw }]", ["hidraw1", "input/event3"]],
    ["only: [{ class: [keyboard, hid] }], omit: [{ subsystem: hidraw }]", ["input/event3"]],
  ])("less what the rule leaves out: %s", (text, wanted) => {
    expect(nodes(decided(give(text), "keyboard-left"))).toEqual(wanted);
  });
});

describe("a node", () => {
  test.each([
    ["keyboard-left", ["0", "0", "input"]],
    ["webcam", ["0", "video", "audio", "audio"]],
    ["gpu", ["video", "render"]],
    ["modem", ["0", "dialout"]],
    ["stick", ["0", "disk", "disk"]],
  ])("of %s is by default 0660, owned by root and the group that is usual for it: %j", (device, groups) => {
    const found = specs(plain, device);
    expect(found.map(({ group }) => String(group)).sort()).toEqual(groups.toSorted());
    for (const { mode, owner, access } of found) expect([mode, owner, access]).toEqual([0o660, 0, "rw"]);
  });

  test("is made as the rule says, and as the first of `nodes` says that matches", () => {
    const rules = give(
      'mode: "0600", owner: kim, group: 44, access: rwm, nodes: [{ match: { devname: "dri/render*" }, mode: "0666", group: gpu }, { group: never, match: { subsystem: block } }]',
    );
    expect(
      specs(rules, "gpu").map(({ path, mode, owner, group, access }) => [path, mode, owner, group, access]),
    ).toEqual([
      ["dri/card0", 0o600, "kim", 44, "rwm"],
      ["dri/renderD128", 0o666, "kim", "gpu", "rwm"],
    ]);
  });

  test("gets another name and links", () => {
    const rules = give(
      'nodes: [{ match: { subsystem: tty }, name: "modems/{serial}", links: ["modem", "{kernel}", "n{number}/{vendor}:{product}@{port}"] }]',
    );
    expect(specs(rules, "modem")[1]).toMatchObject({
      path: "modems/A50285BI",
      links: ["modem", "ttyUSB0", "n0/0403:6001@1-4"],
    });
  });

  test("gets the links of the host's udev where the rule says so", () => {
    const byId = ["serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"];
    expect(specs(give("host-links: true"), "modem")[1]!.links).toEqual(byId);
    expect(specs(plain, "modem")[1]!.links).toEqual([]);
  });

  test("name that two devices of the unit would have goes to the first alone", () => {
    const decision = decided(give('nodes: [{ match: { subsystem: drm }, name: "gpu" }]'), "gpu");
    expect(nodes(decision)).toEqual(["gpu"]);
    expect(decision).toMatchObject({ refused: [{ code: "UDEVNS_E_NODE_NAME_TAKEN", path: "gpu" }] });
  });
});

describe("a hostile device", () => {
  const named = (devname: string): DeviceRecord[] => example("zram").map((device) => ({ ...device, devname }));
  test.each(["../etc/passwd", "a/../b", "a//b", "/etc/x", "a/", "", ".", "a\u0000b", "a\nb", "x".repeat(300)])(
    "with node name %j is never given",
    (devname) => {
      const decision = decide(situation({ policy: plain, devices: named(devname) }));
      expect(decision).toMatchObject({
        kind: "owned",
        gives: [],
        refused: [{ code: "UDEVNS_E_NODE_PATH", path: devname }],
      });
    },
  );

  test("cannot leave /dev by its serial or its links", () => {
    const rules = give(
      'only: [{ subsystem: tty }], host-links: true, nodes: [{ name: "s/{serial}", links: ["l/{serial}"] }]',
    );
    const devices = example("modem").map((device) => ({
      ...device,
      attributes: { ...device.attributes, ...("serial" in device.attributes && { serial: "../../etc/x y" }) },
      ...(device.udev && { udev: { ...device.udev, links: ["../../etc/cron.d/x", "ok"] } }),
    }));
    const decision = decide(situation({ policy: rules, devices }));
    expect(decision.kind === "owned" && decision.gives.at(-1)!.node).toMatchObject({
      path: "s/.._.._etc_x_y",
      links: ["l/.._.._etc_x_y", "ok"],
    });
  });

  test("whose serial is `..` gets no node by that name", () => {
    const devices = example("modem").map((device) => ({
      ...device,
      attributes: { ...device.attributes, ...("serial" in device.attributes && { serial: ".." }) },
    }));
    const rules = give('only: [{ subsystem: tty }], nodes: [{ name: "s/{serial}" }]');
    expect(decide(situation({ policy: rules, devices }))).toMatchObject({ gives: [], refused: [{ path: "s/.." }] });
  });
});
