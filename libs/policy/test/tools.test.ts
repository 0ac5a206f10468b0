import { describe, expect, test } from "@jest/globals";
import {
  decide,
  diffDecisions,
  generatePolicy,
  parsePolicy,
  recordDevice,
  testPolicy,
  type UnitDecision,
} from "../src/index.ts";
import { database, decided, example, host, outcome, policy, running } from "./support.ts";

const plugged = [
  "keyboard-left",
  "keyboard-right",
  "stick",
  "modem",
  "meter",
  "gpu",
  "webcam",
  "gamepad",
  "disk",
  "zram",
  "bluetooth-keyboard",
];

describe("policy generate", () => {
  const db = database(...plugged.map(example));
  const text = generatePolicy(db, { container: "lab" });
  const parsed = parsePolicy([{ file: "made.yaml", text }]);
  if ("errors" in parsed) throw new Error(JSON.stringify(parsed.errors));

  test("writes a policy without warnings that gives each thing plugged in by a rule of its own", () => {
    expect(parsed.warnings).toEqual([]);
    const winners = [...db.units()].flatMap((unit) => {
      const decision = decide({
        policy: parsed.policy,
        db,
        unit,
        containers: running("lab"),
        claims: [],
        host,
        now: new Date(0),
        hostUdev: false,
      });
      return decision.kind === "owned" && decision.by.kind === "rule" ? [decision.by.rule] : [];
    });
    expect(winners.toSorted()).toEqual(parsed.policy.rules.map(({ name }) => name).sort());
    expect(new Set(winners).size).toBe(winners.length);
    expect(winners).toEqual(
      expect.arrayContaining([
        "Logitech USB Keyboard on 1-1.2",
        "Logitech USB Keyboard on 1-2.1",
        "FTDI FT232R USB UART on 1-4",
        "SanDisk Ultra on 1-3",
        "pci 0000:00:02.0",
      ]),
    );
  });

  test("leaves the host's own disk, hubs and virtual disks out", () => {
    for (const name of ["disk", "hub-left", "zram"]) expect(outcome(decided(parsed.policy, name))).toBe("unowned");
  });

  test("copes with names that are YAML or globs", () => {
    const hostile = example("modem").map((device) => ({
      ...device,
      attributes: {
        ...device.attributes,
        product: "]*: #\n- x: {",
        ...("serial" in device.attributes && { serial: "a*[|?" }),
      },
    }));
    const again = parsePolicy([{ file: "made.yaml", text: generatePolicy(database(hostile)) }]);
    expect("policy" in again && again.policy.rules).toHaveLength(1);
  });
});

describe("policy record", () => {
  const db = database(example("modem"), example("bluetooth-keyboard"));
  const path = example("modem").at(-1)!.devpath;

  test("prints a device with its unit and what is above it, as a policy test reads it", () => {
    const devices = recordDevice(db, path)!;
    const cases = `version: 1\nhost-udev: true\ncontainers: [{ name: lab }]\ndevices:\n${devices.replace(/^/gm, "  ")}\ncases:\n  - { name: x, expect: { owner: lab, nodes: [bus/usb/001/009, ttyUSB0] } }\n`;
    const rules = policy(
      '  - { name: r, match: { subsystem: tty, serial: A50285BI, link: "*A50285BI*" }, give: { container: lab } }\n',
    );
    expect(testPolicy(rules, { file: "t.yaml", text: cases })).toEqual({
      ok: true,
      results: [expect.objectContaining({ ok: true })],
    });
  });

  test("masks serials everywhere, the same for the same", () => {
    const text = recordDevice(db, path, { maskSerials: true })!;
    expect(text).not.toContain("A50285BI");
    expect(text.match(/masked-1/g)!.length).toBeGreaterThan(2);
    const board = recordDevice(db, example("bluetooth-keyboard").at(-1)!.devpath, { maskSerials: true })!;
    expect(board).not.toContain("34:88:5d");
  });

  test("masks a serial that is part of another without leaving a rest", () => {
    const [first, ...rest] = example("modem");
    const part = { ...first!, attributes: { serial: "A502" } };
    expect(recordDevice(database([part, ...rest]), path, { maskSerials: true })).not.toMatch(/A502|85BI/);
  });

  test("has nothing to say of a device that is not there", () => {
    expect(recordDevice(db, "/devices/nothing")).toBeUndefined();
  });
});

describe("policy test", () => {
  const rules = policy(
    '  - { name: drm, match: { subsystem: drm }, give: { container: lab, only: [{ devname: "*render*" }] } }\n',
  );
  const file = (cases: string): string => `version: 1
containers: [{ name: lab }]
devices:
  - { devpath: /devices/pci0/card0, subsystem: drm, devname: dri/card0, devnum: "226:0" }
  - { devpath: /devices/pci0/renderD128, subsystem: drm, devname: dri/renderD128, devnum: "c226:128" }
cases:
${cases}`;

  test.each([
    ["expect: { owner: lab }", true, "owned by lab"],
    ["expect: { owner: lab, rule: drm, nodes: [dri/renderD128] }", true, "owned by lab by drm with dri/renderD128"],
    ["expect: { owner: left }", false, "owned by lab"],
    ["expect: { decision: unowned }", false, "owned by lab"],
    ["expect: {}, devices: [{ devpath: /devices/x, subsystem: tty }]", true, "unowned"],
    ["expect: { decision: waiting }, containers: []", true, "waiting"],
    [
      "expect: { owner: other, rule: claim }, claim: other, containers: [{ name: other }]",
      true,
      "owned by other by claim",
    ],
    ["expect: { owner: lab }, device: /devices/nothing", false, "there is no such device in the case"],
    ["expect: { owner: lab, nodes: [dri/card0] }", false, "owned by lab with dri/renderD128"],
  ])("%s: %s, %s", (text, ok, got) => {
    const result = testPolicy(rules, { file: "t.yaml", text: file(`  - { name: x, ${text} }\n`) });
    expect(result).toMatchObject({ ok, results: [{ name: "x", line: 7, ok, got }] });
  });

  test("faults a file with the place", () => {
    const result = testPolicy(rules, { file: "t.yaml", text: file("  - { name: x, expects: {} }\n") });
    expect(result).toMatchObject({
      ok: false,
      errors: expect.arrayContaining([expect.objectContaining({ code: "unknown-key", line: 7, column: 16 })]),
    });
  });
});

describe("a dry run", () => {
  const decisions = (text: string): [string, UnitDecision][] => {
    const rules = policy(text);
    return ["stick", "gpu", "modem"].map((name) => [name, decided(rules, name)]);
  };
  const before = decisions(`
  - { name: sticks, match: { class: storage }, give: { container: left } }
  - { name: gpu, match: { class: gpu }, give: { container: left, mode: "0660" } }
`);

  test("of the same policy changes nothing", () => expect(diffDecisions(before, before)).toEqual([]));

  test("shows what is taken, given and made anew, and nothing else", () => {
    const after = decisions(`
  - { name: sticks, match: { class: storage }, give: { container: right, omit: [{ devtype: partition }] } }
  - { name: gpu, match: { class: gpu }, give: { container: left, nodes: [{ match: { devname: "*card0" }, mode: "0600" }] } }
  - { name: modem, match: { class: serial }, deny: true }
`);
    const found = diffDecisions(before, after).map(({ unit, before, after, taken, given, remade }) => [
      unit,
      `${before?.kind} → ${after?.kind}`,
      ...[taken, given, remade].map((gifts) =>
        gifts.map(({ container, node }) => `${container.name} ${node?.path ?? "-"}`),
      ),
    ]);
    expect(found).toEqual([
      ["gpu", "owned → owned", [], [], ["left dri/card0"]],
      ["modem", "unowned → denied", [], [], []],
      [
        "stick",
        "owned → owned",
        ["left sdb1", "left sdb", "left -", "left -", "left bus/usb/001/007"],
        ["right bus/usb/001/007", "right -", "right -", "right sdb"],
        [],
      ],
    ]);
  });

  test("shows units that come and go", () => {
    expect(diffDecisions([], before.slice(0, 1))[0]).toMatchObject({
      unit: "stick",
      taken: [],
      after: { kind: "owned" },
    });
    expect(diffDecisions(before.slice(0, 1), [])[0]).toMatchObject({
      unit: "stick",
      given: [],
      before: { kind: "owned" },
    });
  });
});
