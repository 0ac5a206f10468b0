import { expect, test } from "@jest/globals";
import { type Lease, subjects, UdevnsError } from "@udevns/protocol";
import { type MonitorLine, monitorLine } from "../src/monitor-line.ts";
import { containerEvent, DEVPATH, decision, farewell, heard, injection, order, result } from "./support/messages.ts";

const error = new UdevnsError("UDEVNS_E_NODE_HOST_DEV", { name: "web" });
const hops = { received: 1_000, inject: 2_234 };
const devnode = subjects.result("lab", "web", "devnode");
const inject = subjects.result("lab", "web", "inject");
const term: Lease = { v: 1, host: "lab", holder: "r1" };

const lines: [string, unknown, Omit<MonitorLine, "at">][] = [
  [
    subjects.uevent("lab", "block", "add"),
    heard,
    { hop: "uevent", colour: "cyan", text: `add ${DEVPATH} (block) kernel 7` },
  ],
  [
    subjects.audit("lab", "decision"),
    decision,
    { hop: "policy", colour: "magenta", text: "zram0 goes to web by rule disks" },
  ],
  [subjects.devnodeWork("lab", "web"), order, { hop: "order", colour: "yellow", text: `take web ${DEVPATH}` }],
  [subjects.devnodeWork("lab", "web"), farewell, { hop: "order", colour: "yellow", text: "forget web" }],
  [subjects.injectWork("lab", "web"), injection, { hop: "inject", colour: "yellow", text: `add to web ${DEVPATH}` }],
  [
    devnode,
    result({ node: "/dev/zram0" }),
    { hop: "result", colour: "green", text: "devnode done web add /dev/zram0" },
  ],
  [devnode, result(), { hop: "result", colour: "green", text: `devnode done web add ${DEVPATH}` }],
  [
    devnode,
    result({ outcome: "refused", error: error.report() }),
    { hop: "result", colour: "red", text: `devnode refused web add ${DEVPATH} ${error.message}` },
  ],
  [
    inject,
    result({ role: "inject", hops }),
    { hop: "result", colour: "green", text: `inject done web add ${DEVPATH} in 1.23 ms` },
  ],
  [
    inject,
    result({ role: "inject", hops: { inject: 5 } }),
    { hop: "result", colour: "green", text: `inject done web add ${DEVPATH}` },
  ],
  [subjects.container("lab", "start"), containerEvent, { hop: "container", colour: "blue", text: "start web pid 42" }],
];

test.each(lines)("%s: %#", (subject, message, line) => {
  expect(monitorLine(subject, message)).toEqual({ ...line, at: expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3}$/) });
});

test.each([
  ["the beginning of a term", subjects.term("lab"), term],
  ["a heartbeat", subjects.status("lab", "policy"), {}],
  ["a request", subjects.rpc("lab", "attach"), {}],
  ["a kind that is not known yet", "udevns.v1.later.lab", {}],
  ["a kind of work that is not known yet", "udevns.v1.work.later.lab", {}],
])("%s is no part of a device's life", (_, subject, message) => {
  expect(monitorLine(subject, message)).toBeUndefined();
});

test("of one container only its own lines are shown", () => {
  const shown = (name: string) =>
    lines.filter(([subject, message]) => monitorLine(subject, message, name)).map(([, , { hop }]) => hop);
  expect(new Set(shown("web"))).toEqual(new Set(["order", "inject", "result", "container"]));
  expect(shown("db")).toEqual([]);
});

test("names with dots in them do not shift the kind", () => {
  expect(monitorLine(subjects.devnodeWork("lab.example.org", "a.b"), order)?.hop).toBe("order");
});
