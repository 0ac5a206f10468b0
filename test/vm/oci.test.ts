import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Rig } from "./driver/rig.ts";
import { provideRig } from "./image/rig.ts";
import { untilIdle } from "./scenario/idle.ts";
import { buildKernel, buildOciRuntime } from "./scenario/kernel-build.ts";
import { quote } from "./scenario/place.ts";

/** A bundle as container engines write it, with a uevent listener as the container's only process. */
const bundleScript = (bundle: string, change: string): string => `
  mkdir -p ${bundle}/rootfs/proc ${bundle}/rootfs/sys ${bundle}/rootfs/dev
  cp /kernel/module/test/ear ${bundle}/rootfs/ear
  cd ${bundle} && rm -f config.json && runc spec
  node -e ${quote(`
    const fs = require("node:fs");
    const config = JSON.parse(fs.readFileSync("config.json", "utf8"));
    config.process.terminal = false;
    config.process.args = ["/ear"];
    ${change};
    fs.writeFileSync("config.json", JSON.stringify(config));
  `)}`;

describe("udevns-oci in front of runc", () => {
  let rig: Rig;

  beforeAll(async () => {
    const { release } = await provideRig();
    rig = await Rig.boot({ shares: { kernel: await buildKernel(release), oci: await buildOciRuntime() } });
    await rig.mount("kernel", "/kernel");
    await rig.mount("oci", "/oci");
  }, 720_000);

  afterAll(() => rig?.close());

  const start = async (name: string, runtime: string, change = "") => {
    await rig.sh(bundleScript(`/tmp/${name}`, change));
    return rig.run(`cd /tmp/${name} && ${runtime} --log log --log-format json run -d ${name} > heard 2>&1 < /dev/null`);
  };
  const until = (name: string) =>
    rig.sh(
      `for i in $(seq 600); do grep -q listening /tmp/${name}/heard && exit 0; sleep 0.05; done; cat /tmp/${name}/*; exit 1`,
    );
  const idle = (name: string) => untilIdle(`$(cat /tmp/${name}/pid)`);
  const heard = async (name: string) => (await rig.sh(`cat /tmp/${name}/heard`)).trim().split("\n").slice(1);
  const netns = async (name: string) => (await rig.sh(`echo /proc/$(cat /tmp/${name}/pid)/ns/net`)).trim();
  const remember = (name: string) =>
    rig.sh(`runc state ${name} | sed -n 's/.*"pid": \\([0-9]*\\).*/\\1/p' > /tmp/${name}/pid`);

  test("the host's events reach a plain container and not a gated one; injected and own ones reach both", async () => {
    for (const [name, runtime] of [
      ["plain", "runc"],
      ["gated", "/oci/udevns-oci"],
    ] as const) {
      expect(await start(name, runtime)).toMatchObject({ code: 0 });
      await until(name);
      await remember(name);
    }
    await rig.sh(`echo change > /sys/class/mem/null/uevent; ${idle("plain")}; ${idle("gated")}`);
    expect(await heard("plain")).toEqual([
      expect.stringContaining("/devices/virtual/mem/null sender=kernel pid=0 uid=0"),
    ]);
    expect(await heard("gated")).toEqual([]);

    await rig.sh(`/kernel/module/test/emit netlink ${await netns("gated")}; ${idle("gated")}`);
    expect(await heard("gated")).toEqual([expect.stringContaining("sender=kernel pid=some uid=0")]);
    await rig.sh(`nsenter --net=${await netns("gated")} ip link add udevns0 type dummy; ${idle("gated")}`);
    expect((await heard("gated")).filter((line) => line.includes("/net/udevns0"))).not.toEqual([]);
  });

  test("its root without capabilities cannot inject, and its loopback device is up", async () => {
    expect((await rig.run(`/kernel/module/test/emit bare ${await netns("gated")} 0`)).stdout).toMatch(/refused/);
    expect(await rig.sh(`nsenter --net=${await netns("gated")} ip link show lo`)).toMatch(/LOOPBACK,UP/);
  });

  test("the pin lasts from create to delete", async () => {
    expect(await rig.sh("grep -c /run/udevns/netns/gated /proc/self/mountinfo")).toBe("1\n");
    await rig.sh("/oci/udevns-oci delete --force gated; runc delete --force plain");
    expect((await rig.run("grep /run/udevns /proc/self/mountinfo; ls /run/udevns/netns")).stdout).toBe("");
  });

  test("a namespace that is given is left alone", async () => {
    const given = `config.linux.namespaces.find((n) => n.type === "network").path = "/proc/1/ns/net"`;
    expect(await start("given", "/oci/udevns-oci", given)).toMatchObject({ code: 0 });
    expect((await rig.run("ls /run/udevns/netns")).stdout).toBe("");
    await rig.sh("runc delete --force given");
  });

  test("a broken configuration is the runtime's to complain about", async () => {
    await rig.sh("mkdir -p /tmp/broken && echo '{' > /tmp/broken/config.json");
    const { code } = await rig.run("cd /tmp/broken && /oci/udevns-oci run -d broken");
    expect(code).not.toBe(0);
    expect(await rig.sh("cat /tmp/broken/config.json")).toBe("{\n");
  });

  test("without a user namespace to be had, the container does not start, unless lenient", async () => {
    await rig.sh("echo 0 > /proc/sys/user/max_user_namespaces");
    expect((await start("closed", "/oci/udevns-oci")).code).toBe(1);
    expect(await rig.sh("tail -n 1 /tmp/closed/log")).toMatch(
      /"level":"error".*cannot make a user namespace: No space/,
    );
    expect((await start("lenient", "/oci/udevns-oci --udevns-lenient")).code).toBe(0);
    await rig.sh("runc delete --force lenient");
  });
});
