import { existsSync } from "node:fs";
import { afterAll, afterEach, expect, test } from "@jest/globals";
import { device } from "../../services/devnode/test/support/builders.ts";
import { shell } from "../support/shell.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { inside, kinds } from "./support/containers.ts";
import { openWorkbench, targetFor } from "./support/workbench.ts";

const NAME = `udvh${process.pid % 100_000}`;
const devpath = `/devices/virtual/net/${NAME}`;

const bench = openWorkbench();
let container: Throwaway;
afterEach(async () => {
  await container?.stop();
  await shell(`ip link delete ${NAME} 2>/dev/null || true`);
});
afterAll(() => bench.close());

const isHere = (name: string) => existsSync(`/sys/class/net/${name}`);
const mac = async () => (await shell(`cat /sys/class/net/${NAME}/address`)).trim();

test.each(kinds)(
  "an interface that was renamed comes back, and not the one with its name ($kind)",
  async ({ userns }) => {
    container = await startThrowaway("lan", { userns });
    await shell(`ip tuntap add dev ${NAME} mode tap && ip link set ${NAME} address 02:00:00:00:00:01`);
    const target = targetFor(container);
    expect(await bench.give(target, undefined, { device: device(devpath, { subsystem: "net" }) })).toBe("done");
    expect(isHere(NAME)).toBe(false);
    await inside(container, `ip link set ${NAME} name mine && ip link add ${NAME} type veth peer name other`);
    expect(await bench.take(target, devpath)).toBe("done");
    expect(await mac()).toBe("02:00:00:00:00:01");
    expect(await inside(container, "ip -br link")).not.toContain("mine");
    expect(await inside(container, "ip -br link")).toContain(NAME);
  },
);

test.each(kinds)(
  "an interface keeps its number's owner: one that is taken in there is no obstacle ($kind)",
  async ({ userns }) => {
    container = await startThrowaway("lan", { userns });
    await shell(`ip tuntap add dev ${NAME} mode tap`);
    const index = (await shell(`cat /sys/class/net/${NAME}/ifindex`)).trim();
    await inside(container, `ip link add squat index ${index} type veth peer name other`);
    const target = targetFor(container);
    expect(await bench.give(target, undefined, { device: device(devpath, { subsystem: "net" }) })).toBe("done");
    expect(await bench.take(target, devpath)).toBe("done");
    expect(isHere(NAME)).toBe(true);
    expect(isHere("squat")).toBe(false);
  },
);
