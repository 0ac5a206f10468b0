import { cpSync, existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Made } from "../../services/devnode/src/made.ts";
import { device } from "../../services/devnode/test/support/builders.ts";
import { shell } from "../support/shell.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { inside } from "./support/containers.ts";
import { openWorkbench, targetFor, type Workbench } from "./support/workbench.ts";

// Whatever ends the give of an interface half way: it comes back, and none of the container's own comes with it.

const NAME = `udvc${process.pid % 100_000}`;
const devpath = `/devices/virtual/net/${NAME}`;

const bench = openWorkbench();
let container: Throwaway;
let index: string;
beforeEach(async () => {
  container = await startThrowaway("lan", { userns: false });
  await shell(`ip tuntap add dev ${NAME} mode tap && ip link set ${NAME} address 02:00:00:00:00:01`);
  index = (await shell(`cat /sys/class/net/${NAME}/ifindex`)).trim();
});
afterEach(async () => {
  await container.stop();
  await shell(`ip link delete ${NAME} 2>/dev/null; ip link delete own 2>/dev/null; true`);
});
afterAll(() => bench.close());

const mac = async () => (await shell(`cat /sys/class/net/${NAME}/address`)).trim();
const links = () => inside(container, "ip -br link");
const makeOwn = (name: string) => inside(container, `ip link add ${name} index ${index} type veth peer name other`);
const giveBy = ({ give }: Workbench) =>
  give(targetFor(container), undefined, {
    device: device(devpath, { subsystem: "net", properties: { IFINDEX: index } }),
    audience: "none",
  });

/** The registry as a kill leaves it behind the first line that is so. */
function snapshot(isLast: (made: Made) => boolean): { readonly directory: string; end(): void } {
  const directory = mkdtempSync(join(tmpdir(), "udevns-hostile-"));
  const { registry } = bench.devnode;
  const record = registry.record.bind(registry);
  registry.record = (line) => {
    record(line);
    if ("made" in line && isLast(line.made) && !existsSync(join(directory, "registry")))
      cpSync(join(bench.directory, "registry"), join(directory, "registry"));
  };
  return { directory, end: () => delete (registry as Partial<typeof registry>).record };
}

test("one that was unplugged before its order leaves the container's own of its number", async () => {
  await shell(`ip link delete ${NAME}`);
  await makeOwn("own");
  expect(await giveBy(bench)).toBe("UDEVNS_E_DEVICE_UNKNOWN");
  expect(await links()).toContain("own@");
  expect(bench.devnode.registry.of(targetFor(container).instance)).toEqual([]);
});

test("one whose name is taken in there stays, and so does the container's own of its name and number", async () => {
  await makeOwn(NAME);
  expect(await giveBy(bench)).toBe("UDEVNS_E_SYSCALL");
  expect(await mac()).toBe("02:00:00:00:00:01");
  expect(await links()).toContain(`${NAME}@`);
  expect(bench.devnode.registry.of(targetFor(container).instance)).toEqual([]);
});

const cuts: readonly { readonly at: string; isLast(made: Made): boolean }[] = [
  { at: "before its move was noted", isLast: ({ traces = [] }) => traces.some(({ kind }) => kind === "interface") },
  { at: "before its record was written", isLast: ({ state, link }) => state === "making" && link !== undefined },
];

test.each(cuts)("one whose give was cut off $at comes back, and not the container's own", async ({ isLast }) => {
  await makeOwn("own");
  const killed = snapshot(isLast);
  expect(await giveBy(bench)).toBe("done");
  killed.end();
  const next = openWorkbench(killed.directory);
  expect(await next.take(targetFor(container), devpath)).toBe("done");
  expect(await mac()).toBe("02:00:00:00:00:01");
  expect(await links()).toContain("own@");
  await next.close();
});

test.each(cuts)("one whose give was cut off $at is there when its order comes again", async ({ isLast }) => {
  await makeOwn("own");
  const killed = snapshot(isLast);
  expect(await giveBy(bench)).toBe("done");
  killed.end();
  const next = openWorkbench(killed.directory);
  expect(await giveBy(next)).toBe("done");
  expect(await links()).toContain(NAME);
  expect(await next.take(targetFor(container), devpath)).toBe("done");
  expect(await mac()).toBe("02:00:00:00:00:01");
  expect(await links()).toContain("own@");
  await next.close();
});
