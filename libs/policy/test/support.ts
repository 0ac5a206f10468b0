import { readFileSync } from "node:fs";
import { Type } from "@sinclair/typebox";
import { DeviceDatabase } from "@udevns/devices";
import type { Claim, ContainerRecord, DeviceRecord } from "@udevns/protocol";
import {
  type CompiledPolicy,
  ContainerSketch,
  containerFromSketch,
  type DecisionInput,
  DeviceSketch,
  type Diagnostic,
  decide,
  formatDiagnostic,
  fromSketch,
  parsePolicy,
  readDocument,
  type UnitDecision,
} from "../src/index.ts";

const examples = new URL("../../../examples/policy/", import.meta.url);
export const host = "lab";

/** The devices of `examples/policy/devices/NAME.yaml`; the unit that is meant is that of the last. */
export const example = (name: string): DeviceRecord[] =>
  read(Type.Array(DeviceSketch), `devices/${name}.yaml`).map((sketch) => fromSketch(sketch, host));

/** The containers of `examples/policy/containers.yaml`, or some of them. */
export const running = (...names: string[]): ContainerRecord[] =>
  read(Type.Array(ContainerSketch), "containers.yaml")
    .map((sketch) => containerFromSketch(sketch, host))
    .filter(({ name }) => names.length === 0 || names.includes(name));

function read<S extends Parameters<typeof readDocument>[0]>(schema: S, file: string) {
  const found: Diagnostic[] = [];
  const document = readDocument(schema, { file, text: readFileSync(new URL(file, examples), "utf8") }, found);
  if (document === undefined) throw new Error(found.map(formatDiagnostic).join("\n"));
  return document.value;
}

/** A policy from the text of a whole file, or of its rules alone. */
export function policy(text: string): CompiledPolicy {
  const whole = /^(?:#.*\n)*version:/.test(text.trimStart()) ? text : `version: 1\nrules:\n${text}`;
  const parsed = parsePolicy([{ file: "test.yaml", text: whole }]);
  if ("errors" in parsed) throw new Error(parsed.errors.map(formatDiagnostic).join("\n"));
  return parsed.policy;
}

/** A policy of one rule that gives what it matches to `lab`. */
export const matching = (match: string): CompiledPolicy =>
  policy(`  - { name: it, match: ${match}, give: { container: lab } }\n`);

export function database(...devices: readonly (readonly DeviceRecord[])[]): DeviceDatabase {
  const db = new DeviceDatabase();
  for (const device of devices.flat()) db.put(device);
  return db;
}

export interface Situation {
  readonly policy: CompiledPolicy;
  readonly devices: readonly DeviceRecord[];
  readonly containers?: readonly ContainerRecord[];
  readonly claims?: readonly Claim[];
  readonly now?: Date;
  readonly hostUdev?: boolean;
}

export function situation({ policy, devices, containers, claims, now, hostUdev }: Situation): DecisionInput {
  const db = database(devices);
  const unit = db.unitOf(devices.at(-1)!.devpath)!;
  return {
    policy,
    db,
    unit,
    containers: containers ?? running(),
    claims: claims ?? [],
    host,
    now: now ?? new Date(0),
    hostUdev: hostUdev ?? false,
  };
}

/** What is decided over an example device. */
export const decided = (policy: CompiledPolicy, name: string, more: Partial<Situation> = {}): UnitDecision =>
  decide(situation({ policy, devices: example(name), ...more }));

/** A decision in a word: its owners, or its kind. */
export const outcome = (decision: UnitDecision): string =>
  decision.kind === "owned" ? decision.owners.join(", ") : decision.kind;

/** Nodes that an owner gets, sorted. */
export const nodes = (decision: UnitDecision): string[] =>
  decision.kind === "owned" ? decision.gives.flatMap(({ node }) => node?.path ?? []).sort() : [];

export const claimOn = (unit: string, containers: string[], share = false): Claim => ({
  v: 1,
  host,
  unit,
  containers,
  share,
  who: "kim",
  why: "demo",
  when: "2026-01-01T00:00:00.000Z",
});
