import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { connectBus, userName } from "@udevns/bus";
import type { ErrorReport } from "@udevns/protocol";
import { type Stack, startStack } from "../support/stack.ts";
import { udevns } from "../support/udevns-command.ts";
import { until } from "../support/until.ts";

const POLICY = "version: 1\nrules: []\n";
const services = ["capture", "inventory", "policy", "devnode", "injector"] as const;
const COMMAND = fileURLToPath(new URL("../../services/cli/bin/udevns.js", import.meta.url));

/**
 * Everything that `up` has started: those who have its state directory in their environment or command line. Not LXC's own daemon,
 * which lxc-monitor(1) starts for all of a host, with its environment, and which ends half a minute after the last who listened.
 */
function startedBy({ env }: Stack): number[] {
  const mark = env.UDEVNS_STATE_DIR as string;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => read(`/proc/${pid}/comm`) !== "lxc-monitord\n")
    .filter((pid) => ["environ", "cmdline"].some((file) => read(`/proc/${pid}/${file}`).includes(mark)))
    .map(Number);
}

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

const bundlesOf = ({ env }: Stack): string[] =>
  readdirSync(env.UDEVNS_STATE_DIR as string).filter((name) => name.startsWith("bundle-"));

describe("the end of udevns up", () => {
  let stack: Stack;
  afterEach(() => stack.stop());

  test("a second Ctrl-C, a moment after the first, leaves nothing running", async () => {
    stack = await startStack(POLICY);
    // The supervisor, the server and the services.
    expect(startedBy(stack).length).toBeGreaterThanOrEqual(2 + services.length);
    for (let times = 0; times < 3; times += 1) {
      process.kill(stack.pid, "SIGINT");
      await new Promise(setImmediate);
    }
    await until(() => startedBy(stack).length === 0, "all to have ended");
    expect(stack.log()).not.toMatch(/starting it again/);
    expect(bundlesOf(stack)).toEqual([]);
  });

  test("when it is killed, the services and the server end too", async () => {
    stack = await startStack(POLICY);
    process.kill(stack.pid, "SIGKILL");
    await until(() => startedBy(stack).length === 0, "all to have ended");
  });
});

describe("the server of udevns up", () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack(POLICY);
  });
  afterAll(() => stack.stop());

  const keyOf = (name: string) => join(stack.env.UDEVNS_STATE_DIR as string, "credentials", `${name}.nk`);

  test("takes orders from nobody without a key", async () => {
    await expect(connectBus({ url: stack.url, name: "test", wait: false })).rejects.toMatchObject({
      code: "UDEVNS_E_BUS_DENIED",
    });
  });

  test("has keys that are root's alone, and each service its own", async () => {
    for (const role of services) {
      await until(() => stack.status(role) !== undefined, `a sign of life of ${role}`);
      const key = keyOf(userName(role === "policy" ? { kind: role } : { kind: "service", role, host: stack.host }));
      expect(read(`/proc/${stack.status(role)?.pid}/environ`).split("\0")).toContain(`NATS_NKEY=${key}`);
      expect([statSync(key).mode & 0o777, statSync(key).uid]).toEqual([0o600, 0]);
    }
    expect(statSync(keyOf("admin")).mode & 0o777).toBe(0o600);
    expect(statSync(stack.env.UDEVNS_STATE_DIR as string).mode & 0o777).toBe(0o700);
  });

  test("lets each do what it does", async () => {
    const { stdout } = await stack.command("policy", "show", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ hash: expect.any(String) });
    expect(stack.log()).not.toMatch(/Violation|BUS_DENIED/);
    const server = read(join(stack.env.UDEVNS_STATE_DIR as string, "nats-server.log"));
    // Only those whom the tests above have sent.
    expect(server).not.toMatch(/Violation - Nkey/);
  });

  test("is commanded by root without further ado", async () => {
    expect((await stack.command("status", "--wait")).code).toBe(0);
  });

  test("tells whoever cannot read the key what they lack, with exit code 77", async () => {
    const { code, error } = await failing({ UDEVNS_STATE_DIR: "/nonexistent" });
    expect([code, error.code]).toEqual([77, "UDEVNS_E_RIGHTS"]);
    expect(error.message).toMatch(/root, or a key of the bus/);
  });

  test("tells whoever has another server's key that this one refuses it", async () => {
    const directory = mkdtempSync(join(tmpdir(), "udevns-keys-"));
    await udevns({}, "provision", "--credentials", directory, "--hosts", "a");
    const { code, error } = await failing({ NATS_NKEY: join(directory, "admin.nk") });
    rmSync(directory, { recursive: true });
    expect([code, error.code]).toEqual([77, "UDEVNS_E_BUS_DENIED"]);
  });

  test("is not disturbed by a second `up`, nor is the code of its services", async () => {
    const [bundle = "", ...more] = bundlesOf(stack);
    expect(more).toEqual([]);
    const directory = join(stack.env.UDEVNS_STATE_DIR as string, bundle);
    const files = () =>
      readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => {
        const { ino, mtimeMs } = statSync(join(directory, name));
        return [name, ino, mtimeMs];
      });
    const before = files();
    expect(before.map(([name]) => name)).toContain("code/services/capture/src/main.mjs");
    const { code, error } = await failing({ NATS_URL: undefined }, "up");
    expect([code, error.code]).toEqual([78, "UDEVNS_E_CONFIG"]);
    expect(error.message).toMatch(/is taken/);
    expect(files()).toEqual(before);
    expect(bundlesOf(stack)).toEqual([bundle]);
  });

  test.each([
    ["that anybody may write to", (path: string) => chmodSync(path, 0o777), /chmod go-w/],
    ["of another user", (path: string) => chownSync(path, 65534, 65534), /owned by uid 65534.*chown 0/],
  ])("is not started in a state directory %s", async (_, spoil, mend) => {
    const directory = mkdtempSync(join(tmpdir(), "udevns-others-"));
    spoil(directory);
    const { code, error } = await failing({ NATS_URL: undefined, UDEVNS_STATE_DIR: directory }, "up");
    expect([code, error.code]).toEqual([78, "UDEVNS_E_CONFIG"]);
    expect(error.message).toContain(`UDEVNS_STATE_DIR: ${directory} `);
    expect(error.message).toMatch(mend);
    expect(readdirSync(directory)).toEqual([]);
    rmSync(directory, { recursive: true });
  });

  async function failing(
    env: NodeJS.ProcessEnv,
    command = "devices",
  ): Promise<{ code: number | null; error: ErrorReport }> {
    const child = spawn(process.execPath, [COMMAND, command, "--json"], {
      env: { ...stack.env, ...env },
      stdio: ["ignore", "pipe", "ignore"],
    });
    let stdout = "";
    child.stdout.on("data", (data) => (stdout += data));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, error: JSON.parse(stdout).error };
  }

  test("keeps JetStream when it reads its file again", async () => {
    process.kill(stack.natsPid() as number, "SIGHUP");
    await until(
      () => read(join(stack.env.UDEVNS_STATE_DIR as string, "nats-server.log")).includes("Reloaded"),
      "the reload",
    );
    expect((await stack.bus.jsm.streams.info("KV_UDEVNS_GRANTS")).config.name).toBe("KV_UDEVNS_GRANTS");
    expect((await stack.command("devices")).code).toBe(0);
  });
});
