import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Bus, connectBus, parseJson, tap } from "@udevns/bus";
import { type ServiceRole, subjects, type UeventMessage } from "@udevns/protocol";
import { needsAlone } from "../hostile/support/capabilities.ts";
import { startNatsServer } from "../support/nats-server.ts";
import { pokeUevent } from "../support/synthetic.ts";
import { udevns } from "../support/udevns-command.ts";
import { until } from "../support/until.ts";
import { plugZram, type Zram } from "../support/zram.ts";
import { CleanUps } from "./support/clean-ups.ts";
import { makeSystemdMachine, type SystemdMachine, UNITS } from "./support/systemd-machine.ts";

const roles = ["capture", "inventory", "policy", "devnode", "injector"] as const;
const unitOf = (role: string) => `udevns@${role}.service`;

test("the units are valid", () => {
  const directory = mkdtempSync(join(tmpdir(), "udevns-units-"));
  cpSync(UNITS, directory, { recursive: true });
  for (const role of roles) cpSync(join(directory, "udevns@.service"), join(directory, unitOf(role)));
  const units = [...roles.map(unitOf), "udevns-uevents.socket", "udevns.target"];
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", ...units.map((unit) => join(directory, unit))], {
    env: { ...process.env, SYSTEMD_UNIT_PATH: `${directory}:` },
    encoding: "utf8",
  });
  rmSync(directory, { recursive: true });
  expect([status, stderr.split("\n").filter((line) => line.includes(directory))]).toEqual([0, []]);
});

describe("install by systemd units", () => {
  const cleanUps = new CleanUps();
  let machine: SystemdMachine;
  let env: NodeJS.ProcessEnv;
  let bus: Bus;
  let disk: Zram;
  /** Numbers of the pokes that capture has published. */
  const published: number[] = [];

  beforeAll(async () => {
    machine = makeSystemdMachine();
    cleanUps.add(() => machine.stop());
    const { host, etc } = machine;
    // As docs/operations.md has it.
    const credentials = join(etc, "udevns/credentials");
    mkdirSync(join(etc, "udevns"));
    await udevns({}, "provision", "--credentials", credentials, "--hosts", host);
    const server = await startNatsServer({ config: join(credentials, "server.conf") });
    cleanUps.add(() => server.close());
    env = { NATS_URL: server.url, UDEVNS_CREDENTIALS: credentials, UDEVNS_HOST: host };
    await udevns(env, "provision");
    writeFileSync(join(etc, "udevns/udevns.env"), `NATS_URL=${server.url}\nUDEVNS_RUNTIMES=none\n`);
    disk = plugZram();
    cleanUps.add(() => disk.unplug());
    const policy = join(etc, "udevns/rules.yaml");
    writeFileSync(
      policy,
      `version: 1\nrules:\n  - name: disk\n    match: { devname: ${disk.name} }\n    give: { container: guest }\n`,
    );
    await udevns(env, "policy", "apply", policy);
    bus = await connectBus({
      url: server.url,
      name: "test",
      nkey: join(credentials, "admin.nk"),
      ca: join(credentials, "ca.pem"),
      wait: true,
    });
    cleanUps.add(() => bus.close());
    tap(bus, subjects.uevents(host), (subject, data) => {
      const { devpath, properties } = parseJson(data, subject) as UeventMessage;
      if (devpath === disk.devpath && properties.SYNTH_ARG_N !== undefined)
        published.push(Number(properties.SYNTH_ARG_N));
    });
    await machine.boot();
    await until(() => ready(), "all to be ready", 120_000).catch((error: Error) => {
      throw new Error(`${error.message}\n${machine.log()}`);
    });
  }, 240_000);
  afterAll(() => cleanUps.run());

  const ready = () =>
    udevns(env, "status", "--wait").then(
      () => true,
      () => false,
    );
  const pidOf = (role: string) => machine.show(unitOf(role), "MainPID");
  const stateOf = (role: string) => machine.show(unitOf(role), "ActiveState");

  test("every service runs, with its own key and no other", () => {
    for (const role of roles) {
      expect([role, stateOf(role)]).toEqual([role, "active"]);
      const { output } = machine.run("ls", `/run/credentials/${unitOf(role)}`);
      expect(output.trim().split("\n").sort()).toEqual(["ca.pem", `${role}-${machine.host}.nk`]);
    }
  });

  test.each([
    ["capture", "0", "0000000000000000"],
    ["policy", expect.not.stringMatching(/^0$/), "0000000000000000"],
  ])("%s has no capability", (role, uid, capabilities) => {
    const { output } = machine.run("cat", `/proc/${pidOf(role)}/status`);
    expect(/^Uid:\s+(\d+)/m.exec(output)?.[1]).toEqual(uid);
    expect(/^CapEff:\s+(\w+)/m.exec(output)?.[1]).toBe(capabilities);
    expect(/^CapBnd:\s+(\w+)/m.exec(output)?.[1]).toBe(capabilities);
  });

  test("a device reaches a container, and leaves it", async () => {
    const guest = spawn(
      "nsenter",
      [
        ...["--target", String(machine.pid()), "--mount", "--pid", "unshare", "--mount", "--net", "--pid", "--fork"],
        ...[
          "--kill-child",
          "sh",
          "-c",
          "mount -t tmpfs none /dev; read -r pid rest < /proc/self/stat; echo $pid; exec cat",
        ],
      ],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    cleanUps.add(() => guest.kill("SIGKILL"));
    const [line] = await once(guest.stdout, "data");
    const pid = String(line).trim();
    await udevns(env, "attach", "guest", "--pid", pid);
    const has = () => machine.run("nsenter", "--target", pid, "--mount", "test", "-b", `/dev/${disk.name}`).code === 0;
    await until(has, `${disk.name} in the container`).catch((error: Error) => {
      throw new Error(`${error.message}\n${machine.log()}`);
    });
    await udevns(env, "detach", "guest");
    await until(() => !has(), `${disk.name} to be gone`);
  });

  test.each([
    ["killed", () => machine.run("systemctl", "kill", "--signal=KILL", unitOf("capture"))],
    ["upgraded", () => machine.run("systemctl", "restart", unitOf("capture"))],
  ])("capture is %s, and what the kernel says meanwhile waits in systemd's socket", async (_, end) => {
    const before = pidOf("capture");
    const number = Math.max(0, ...published) + 1;
    expect(end().code).toBe(0);
    pokeUevent(disk.devpath, number);
    await until(() => published.includes(number), `event ${number}`);
    expect(pidOf("capture")).not.toBe(before);
  });

  test("every other service may be killed too", async () => {
    const others = roles.filter((role) => role !== "capture");
    const before = new Map(others.map((role) => [role, pidOf(role)]));
    for (const role of others) machine.run("systemctl", "kill", "--signal=KILL", unitOf(role));
    await until(() => others.every((role) => !["0", before.get(role)].includes(pidOf(role))), "all to have come back");
    await until(() => ready(), "all to work again", 90_000);
  });

  test("one that lacks one of its capabilities says which, and works again when it has it", async () => {
    const limit = (role: ServiceRole, text: string) => {
      writeFileSync(join(machine.units, `${unitOf(role)}.d`, "zz-limit.conf"), text);
      expect(machine.run("systemctl", "daemon-reload").code).toBe(0);
      machine.run("systemctl", "restart", unitOf(role));
    };
    const takeEach = async (role: ServiceRole) => {
      for (const taken of needsAlone(role)) {
        limit(role, `[Service]\nCapabilityBoundingSet=~${taken}\n`);
        await until(
          () => new RegExp(`UDEVNS_E_RIGHTS.*udevns ${role} needs ${taken}"`).test(machine.log()),
          `${role} to miss ${taken}`,
        );
      }
      limit(role, "");
    };
    await Promise.all(roles.filter((role) => needsAlone(role).length > 0 && role !== "capture").map(takeEach));
    await until(() => ready(), "all to work again", 90_000);
  }, 300_000);

  test("all stop in time", async () => {
    expect(machine.run("systemctl", "stop", "udevns.target", "udevns-uevents.socket").code).toBe(0);
    for (const role of roles) {
      await until(() => stateOf(role) === "inactive", `${role} to have stopped`);
      expect([role, machine.show(unitOf(role), "Result")]).toEqual([role, "success"]);
    }
  });
});
