import type { Action, Schedule, Victim } from "./action.ts";

const plug = (device: number): Action => ({ kind: "plug", device });
const unplug = (device: number): Action => ({ kind: "unplug", device });
const replug = (device: number): Action => ({ kind: "replug", device });
const change = (device: number): Action => ({ kind: "change", device });
const policy = (number: number): Action => ({ kind: "policy", number });
const kill = (victim: Victim): Action => ({ kind: "kill", victim });
const freeze = (victim: Victim): Action => ({ kind: "freeze", victim });
const thaw = (victim: Victim): Action => ({ kind: "thaw", victim });
const clock = (seconds: number): Action => ({ kind: "clock", seconds });
const wait = (ms: number): Action => ({ kind: "wait", ms });

/** Random schedules that have found a fault, and what it was. */
export const fixed: readonly { readonly fault: string; readonly schedule: Schedule }[] = [
  {
    fault: "an event that the killed injector had not sent counted as sent, as another had moved the kernel's counter",
    schedule: [
      [plug(2), plug(5), wait(19)],
      [wait(8), change(2), plug(4), replug(5), change(4), kill("inventory"), policy(10), kill("injector"), plug(1)],
    ],
  },
  {
    fault:
      "the restarted server counted as one that lost its store, and what devnode had not told when it was killed for that was told to no container without a udevd",
    schedule: [
      [plug(6), freeze("devnode"), plug(5), plug(7), plug(1), unplug(1), wait(18)],
      [wait(9), plug(4), plug(1), wait(33), kill("nats-server"), kill("policy")],
    ],
  },
  {
    fault: "a policy that was reloaded while the server was down was never in force",
    schedule: [
      [plug(4), plug(6), change(4), plug(2), policy(2), plug(5), change(6), freeze("devnode"), plug(7), replug(7)],
      [change(6), plug(3), thaw("devnode"), policy(7), change(6), change(4), change(4), kill("nats-server")],
    ],
  },
  {
    fault: "with the wall clock set back, services waited for the old time before they came back to a restarted server",
    schedule: [
      [policy(1), plug(1), clock(-365 * 86_400), kill("nats-server")],
      [change(1), plug(2)],
    ],
  },
];
