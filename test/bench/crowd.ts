import { call } from "@udevns/bus";
import { AttachReply, serviceRoles, subjects } from "@udevns/protocol";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import type { Zram } from "../support/zram.ts";
import { type Ear, listenAsProgram } from "./ear.ts";
import { plugZrams, unplugZrams } from "./zrams.ts";

export interface Member {
  readonly container: Throwaway;
  readonly zram: Zram;
  readonly ear: Ear;
}

/** Many containers on one host, each with a device of its own. */
export interface Crowd {
  readonly stack: Stack;
  readonly members: readonly Member[];
  /** Starts containers until there are so many, and waits until each has heard of its device. */
  growTo(count: number): Promise<void>;
  /** Puts a policy in force with rules that fit no device here before the one rule of each container. */
  useRules(count: number): Promise<void>;
  /** What the services have counted that should not be. */
  trouble(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

const TROUBLE = /overflow|dropped_buffer|messages_dropped|drops|stuck|failed|refused/;
/** Two heartbeats. */
const HEARTBEATS_MS = 2_000;

/** Containers that are started at once. */
const HANDS = 8;

/** @param most there can be so many containers */
export async function startCrowd(most: number): Promise<Crowd> {
  const zrams = plugZrams(most);
  const stack = await startStack(policyOf(zrams, most), { env: { UDEVNS_LOG_LEVEL: "warn" } });
  const members: Member[] = [];
  const startOne = async (index: number): Promise<void> => {
    const container = await startThrowaway(nameOf(index), { userns: true });
    members[index] = { container, zram: zrams[index] as Zram, ear: listenAsProgram(container) };
    const request = { name: container.name, pid: container.pid, labels: {} };
    await call(stack.bus, subjects.rpc(stack.host, "attach"), request, AttachReply);
  };
  return {
    stack,
    members,
    growTo: async (count) => {
      await inParallel(members.length, count, startOne);
      await until(() => members.every(({ ear }) => ear.count > 0), `${count} containers to have their device`, 60_000);
    },
    useRules: async (count) => {
      stack.writePolicy(policyOf(zrams, count));
      process.kill(stack.pid, "SIGHUP");
      const inForce = () => stack.status("policy")?.note.startsWith(`${count} rules`) === true;
      await until(inForce, `${count} rules to be in force`, 60_000);
    },
    trouble: async () => {
      await new Promise((resolve) => setTimeout(resolve, HEARTBEATS_MS));
      const counted = serviceRoles.flatMap((role) =>
        Object.entries(stack.status(role)?.counters ?? {}).map(([name, count]) => [`${role} ${name}`, count] as const),
      );
      return Object.fromEntries(counted.filter(([name, count]) => count > 0 && TROUBLE.test(name)));
    },
    close: async () => {
      await stack.stop();
      for (const { ear } of members) ear.close();
      await inParallel(0, members.length, (index) => (members[index] as Member).container.stop());
      unplugZrams(zrams);
    },
  };
}

async function inParallel(from: number, to: number, run: (index: number) => Promise<void>): Promise<void> {
  let next = from;
  const hand = async () => {
    for (let index = next++; index < to; index = next++) await run(index);
  };
  await Promise.all(Array.from({ length: HANDS }, hand));
}

const nameOf = (index: number): string => `bench-${index}`;

function policyOf(zrams: readonly Zram[], rules: number): string {
  const others = Array.from({ length: rules - zrams.length }, (_, index) => otherRule(index));
  const own = zrams.map(({ name }, index) => rule(`own ${index}`, `subsystem: block, devname: ${name}`, nameOf(index)));
  return `version: 1\nrules:\n${[...others, ...own].join("")}`;
}

/** As people write them, for things that are not here. */
function otherRule(index: number): string {
  const hex = (number: number) => number.toString(16).padStart(4, "0");
  const matches = [
    `vendor: "${hex(0x1000 + index)}", product: "${hex(index)}"`,
    `class: keyboard, port: "3-${index}"`,
    `subsystem: block, devname: "sd${index}"`,
    `subsystem: input, property: { ID_SERIAL: "maker_${index}" }`,
  ];
  return rule(`other ${index}`, matches[index % matches.length] as string, "nobody");
}

const rule = (name: string, match: string, container: string): string =>
  `- {name: ${name}, match: {${match}}, give: {container: ${container}}}\n`;
