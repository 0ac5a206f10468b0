import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Dockerd, type DockerGuest, startDockerd, startGuest } from "../support/dockerd.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startHostUdevd, type Udevd } from "../support/udevd.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";

/** As the host's own rules name a disk that has a serial number and a port; of each disk's own, as other tests may have some too. */
const linksOf = (name: string) => [`disk/by-id/usb-Scratch_${name}`, `disk/by-path/pci-0000:00:14.0-usb-0:${name}`];
const RULES = `SUBSYSTEM=="block", ENV{ID_SERIAL}="Scratch_%k", TAG+="systemd", SYMLINK+="${linksOf("%k").join(" ")}"`;

const runDir = mkdtempSync(join(tmpdir(), "udevns-run-"));
let udevd: Udevd;
let dockerd: Dockerd;
let guest: DockerGuest;
let stack: Stack;
let zram: Zram;

beforeAll(async () => {
  udevd = await startHostUdevd(RULES);
  dockerd = await startDockerd(1);
  guest = await startGuest(dockerd, "plain");
  stack = await startStack(
    `version: 1
rules:
  - { name: disks, match: { subsystem: block, devname: "zram*", arrival: inserted }, give: { container: plain } }
`,
    {
      env: { ...dockerd.env, UDEVNS_RUN_DIR: runDir },
      // It sees the /run that this udevd writes, as both would on a host.
      wrap: ["nsenter", "--target", String(udevd.pid), "--mount", `--wd=${process.cwd()}`],
    },
  );
  await until(async () => (await stack.command("containers")).stdout.includes("plain"), "the container");
});

afterAll(async () => {
  zram?.unplug();
  await stack?.stop();
  await dockerd?.stop();
  await udevd?.stop();
  rmSync(runDir, { recursive: true, force: true });
});

test("a container without udevd has the links and the properties that the host's udevd made", async () => {
  zram = plugZram();
  const links = linksOf(zram.name);
  for (const link of links) {
    const opens = async () => (await guest.run(`dd if=/dev/${link} of=/dev/null count=1`)).code === 0;
    await until(opens, link).catch((error: Error) => {
      throw new Error(`${error.message}\n${udevd.log()}`);
    });
    expect((await guest.run(`readlink /dev/${link}`)).output).toBe(`../../${zram.name}\n`);
  }
  const { output } = await guest.run(`udevadm info /dev/${links[0]} | cat`);
  expect(output).toContain(`E: ID_SERIAL=Scratch_${zram.name}`);
  expect(output).toContain("E: CURRENT_TAGS=:systemd:");
  for (const link of links) expect(output).toContain(`S: ${link}`);
});

test("and loses them with the device", async () => {
  zram.unplug();
  for (const path of [zram.name, ...linksOf(zram.name)])
    await until(
      async () => (await guest.run(`test -L /dev/${path} || test -e /dev/${path}`)).code !== 0,
      `${path} to go`,
    );
});
