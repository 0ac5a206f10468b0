import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { call } from "@udevns/bus";
import { AttachReply, Empty, subjects } from "@udevns/protocol";
import { listenIn } from "../support/listener.ts";
import { type Stack, startStack } from "../support/stack.ts";
import type { Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";
import { lookAt, startSpecial } from "./support/containers.ts";

const NAMES = [
  "..",
  "../../etc",
  "*",
  ">",
  "a.b",
  "two words",
  "\u{1f419}",
  "--help",
  "__proto__",
  "a\nb",
  "x".repeat(255),
];

let zram: Zram;
let stack: Stack;
let container: Throwaway;

beforeAll(async () => {
  zram = plugZram();
  stack = await startStack(
    `version: 1
rules:
  - name: one disk
    match: { subsystem: block, devname: "${zram.name}" }
    give: { labels: { role: owner }, share: true }
`,
    { env: { UDEVNS_RUNTIMES: "none" } },
  );
});
beforeEach(async () => {
  container = await startSpecial({ userns: true });
});
afterEach(() => container.stop());
afterAll(async () => {
  await stack?.stop();
  zram?.unplug();
});

const attach = ({ pid }: Throwaway, name: string, labels: Record<string, string>) =>
  call(stack.bus, subjects.rpc(stack.host, "attach"), { name, pid, labels }, AttachReply);

test("containers of such names get their device, are listed, and lose it by that name", async () => {
  const guests = await Promise.all(NAMES.map(() => startSpecial({ userns: true })));
  const ears = guests.map((each) => listenIn(each));
  const heard = (at: number) => ears[at]?.actions(zram.devpath).join();
  try {
    for (const [at, name] of NAMES.entries()) await attach(guests[at] as Throwaway, name, { role: "owner" });
    for (const [at, name] of NAMES.entries()) await until(() => heard(at) === "add", `add in ${name}`);
    for (const guest of guests) expect(await lookAt(guest, `/dev/${zram.name}`)).toMatch(/^block special file/);
    const listed = JSON.parse((await stack.command("containers", "--json")).stdout) as { name: string }[];
    expect(listed.map(({ name }) => name).sort()).toEqual([...NAMES].sort());
    expect(await stack.command("detach", "--", "--help")).toMatchObject({ code: 0 });
    for (const name of NAMES.filter((other) => other !== "--help"))
      await call(stack.bus, subjects.rpc(stack.host, "detach"), { name }, Empty);
    for (const [at, name] of NAMES.entries()) await until(() => heard(at) === "add,remove", `remove in ${name}`);
    for (const guest of guests) expect(await lookAt(guest, `/dev/${zram.name}`)).toBe("");
  } finally {
    for (const ear of ears) ear.close();
    for (const guest of guests) await guest.stop();
  }
});

test("labels may be of any text", async () => {
  const hostile = {
    __proto__x: "..",
    "*": ">",
    "a.b>": "\u{1f419}",
    "key\nrole": "owner",
    "": "",
    long: "x".repeat(10_000),
  };
  const ear = listenIn(container);
  await attach(container, "labelled", { ...hostile, role: "owner" });
  await until(() => ear.actions(zram.devpath).join() === "add", "add");
  ear.close();
});

test("a label that is no text is refused, whatever its key", async () => {
  const refused = attach(container, "untyped", { "a\nb": 5 } as unknown as Record<string, string>);
  await expect(refused).rejects.toMatchObject({ code: "UDEVNS_E_MESSAGE" });
});

test("a name of 10 kB is refused, and so is none at all", async () => {
  for (const name of ["x".repeat(10_000), ""])
    await expect(attach(container, name, {})).rejects.toMatchObject({ code: "UDEVNS_E_MESSAGE" });
});

test("all services lived through it", () => {
  for (const role of ["capture", "inventory", "policy", "devnode", "injector"] as const)
    expect(stack.status(role)).toMatchObject({ ready: true });
  expect(stack.log()).not.toMatch(/starting it again/);
});
