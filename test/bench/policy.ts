import { readFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { DeviceDatabase } from "@udevns/devices";
import { type CompiledPolicy, containerFromSketch, type DecisionInput, decide, parsePolicy } from "@udevns/policy";
import { checked, UeventMessage } from "@udevns/protocol";

export interface PolicyFigures {
  readonly rules: number;
  /** Time to read and compile the file. */
  readonly compileMs: number;
  readonly decisionsPerSecond: number;
  readonly medianMicros: number;
  readonly p99Micros: number;
}

export interface PolicyBench {
  /** Rules of all kinds mixed, as people write them: most by vendor and product, serial or port. */
  readonly mixed: readonly PolicyFigures[];
  /** Rules that the index cannot tell apart: every one asks a glob of every input device. */
  readonly worst: readonly PolicyFigures[];
  /** 10,000 devices in the database. */
  readonly devices: { readonly count: number; readonly heapMB: number; readonly applyMicros: number };
}

const sizes = [10, 100, 1_000, 10_000];

/** Decides over a real USB keyboard, for which the last rule is meant. */
export async function benchPolicy(): Promise<PolicyBench> {
  return {
    mixed: sizes.map((size) => measure(policyOf(size, mixedRule))),
    worst: sizes.map((size) => measure(policyOf(size, worstRule))),
    devices: measureDevices(10_000),
  };
}

const hex4 = (n: number): string => (n % 0x10000).toString(16).padStart(4, "0");

function mixedRule(i: number): string {
  const matches = [
    `vendor: "${hex4(0x1000 + i)}", product: "${hex4(i)}"`,
    `vendor: "${hex4(0x2000 + i)}", serial: "SN${i}"`,
    `class: keyboard, port: "3-${i}"`,
    `subsystem: block, devname: "zram${i}"`,
    `subsystem: tty, attribute: { interface: "port ${i}" }`,
    `subsystem: input, property: { ID_SERIAL: "maker_${i}" }`,
    `class: [camera, audio], port: "2-${i}.*"`,
    `udev: 'SUBSYSTEM=="tty", ATTRS{idVendor}=="${hex4(0x3000 + i)}"'`,
    `pci: "0000:${hex4(i).slice(2)}:00.0"`,
    `vendor: "${hex4(0x4000 + i)}", product: ["0001", "0002"], driver: usbhid`,
  ];
  return matches[i % matches.length]!;
}

const worstRule = (i: number): string => `subsystem: input, devname: "*/js${i}*"`;

function policyOf(size: number, rule: (i: number) => string): { policy: CompiledPolicy; compileMs: number } {
  const lines = Array.from(
    { length: size - 1 },
    (_, i) => `  - { name: "r${i}", match: { ${rule(i)} }, give: { container: c${i % 50} } }`,
  );
  lines.push('  - { name: last, match: { class: keyboard, port: "1-*" }, give: { container: desk } }');
  const begun = performance.now();
  const parsed = parsePolicy([{ file: "bench.yaml", text: `version: 1\nrules:\n${lines.join("\n")}\n` }]);
  if ("errors" in parsed) throw new Error(JSON.stringify(parsed.errors[0]));
  return { policy: parsed.policy, compileMs: performance.now() - begun };
}

function keyboard(): DeviceDatabase {
  const db = new DeviceDatabase();
  const text = readFileSync(new URL("../../libs/devices/test/fixtures/keyboard-add.json", import.meta.url), "utf8");
  for (const event of JSON.parse(text)) db.apply(checked(UeventMessage, event, "keyboard-add.json"));
  return db;
}

function measure({ policy, compileMs }: { policy: CompiledPolicy; compileMs: number }): PolicyFigures {
  const db = keyboard();
  const unit = [...db.units()][0]!;
  const containers = [...Array(50).keys(), "desk"].map((name) => containerFromSketch({ name: `${name}` }, "lab"));
  const input: DecisionInput = {
    policy,
    db,
    unit,
    containers,
    claims: [],
    host: "lab",
    now: new Date(),
    hostUdev: false,
  };
  const decision = decide(input);
  if (decision.kind !== "owned" || decision.owners[0] !== "desk")
    throw new Error(`decided ${JSON.stringify(decision)}`);
  const times: number[] = [];
  const begun = performance.now();
  for (let last = begun; last - begun < 1500 || times.length < 50; ) {
    // A copy, so that nothing is remembered of the unit: an event makes a new one too.
    decide({ ...input, unit: { ...unit } });
    const now = performance.now();
    times.push((now - last) * 1000);
    last = now;
  }
  const steady = times.slice(times.length >> 2).sort((a, b) => a - b);
  const round = (value: number): number => Math.round(value * 10) / 10;
  return {
    rules: policy.rules.length,
    compileMs: round(compileMs),
    decisionsPerSecond: Math.round(steady.length / (steady.reduce((sum, time) => sum + time, 0) / 1e6)),
    medianMicros: round(steady[steady.length >> 1]!),
    p99Micros: round(steady[Math.floor(steady.length * 0.99)]!),
  };
}

function measureDevices(count: number): PolicyBench["devices"] {
  const events: UeventMessage[] = JSON.parse(
    readFileSync(new URL("../../libs/devices/test/fixtures/keyboard-add.json", import.meta.url), "utf8"),
  );
  const adds = events.filter(({ action }) => action === "add");
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const db = new DeviceDatabase();
  let spent = 0;
  for (let i = 0; db.size < count; i++) {
    for (const event of adds) {
      // Through text, so that no string is shared between devices: as they come from the bus.
      const copy: UeventMessage = JSON.parse(JSON.stringify(event).replaceAll("usb1/1-1", `usb${i}/${i}-1`));
      const begun = performance.now();
      db.apply(copy);
      spent += performance.now() - begun;
    }
  }
  for (const unit of db.units()) unit.devices.length;
  globalThis.gc?.();
  const heapMB = (process.memoryUsage().heapUsed - before) / 1024 / 1024;
  return {
    count: db.size,
    heapMB: Math.round(heapMB * 10) / 10,
    applyMicros: Math.round((spent / db.size) * 1e4) / 10,
  };
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const result = await benchPolicy();
  if (argv.includes("--json")) console.log(JSON.stringify(result));
  else {
    console.table(result.mixed);
    console.table(result.worst);
    console.table([result.devices]);
  }
}
