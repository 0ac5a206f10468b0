import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { freePort } from "../support/nats-server.ts";
import { type CommandResult, type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";

const COMMAND = fileURLToPath(new URL("../../services/cli/bin/udevns.js", import.meta.url));
const NOTHING = "version: 1\nrules: []\n";

/** The document that `--json` prints of an error. */
const errorOf = ({ stdout }: CommandResult) =>
  JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as {
    ok: boolean;
    error: { code: string; message: string; mend: string };
  };

describe("a command against a running udevns", () => {
  let stack: Stack;
  let container: Throwaway;

  beforeAll(async () => {
    stack = await startStack(NOTHING);
    container = await startThrowaway("box", { userns: false });
    await stack.attach(container);
  });
  afterAll(async () => {
    await container?.stop();
    await stack?.stop();
  });

  test("says that a pid is dead", async () => {
    const dead = spawn("true");
    await once(dead, "exit");
    const result = await stack.command("attach", "ghost", "--pid", String(dead.pid), "--json");
    expect(result.code).toBe(1);
    expect(errorOf(result)).toMatchObject({ ok: false, error: { code: "UDEVNS_E_PID" } });
  });

  test("says which of the host's namespaces a pid is in", async () => {
    const result = await stack.command("attach", "host", "--pid", String(process.pid), "--json");
    expect(result.code).toBe(1);
    expect(errorOf(result).error).toMatchObject({
      code: "UDEVNS_E_PID_HOST",
      message: expect.stringContaining("the host's net and mnt namespace"),
    });
  });

  test("says who has a name already", async () => {
    const other = await startThrowaway("other", { userns: false });
    try {
      const result = await stack.command("attach", "box", "--pid", String(other.pid), "--json");
      expect(result.code).toBe(1);
      expect(errorOf(result).error).toMatchObject({
        code: "UDEVNS_E_CONTAINER_NAME",
        message: `container name box is taken by pid ${container.pid}`,
      });
    } finally {
      await other.stop();
    }
  });

  test("ends with 0 when all is well", async () => {
    expect((await stack.command("status", "--wait", "--json")).code).toBe(0);
    expect((await stack.command("health")).code).toBe(0);
  });

  test.each([
    ["a pid that is none", ["attach", "x", "--pid", "one"]],
    ["an option that is none", ["status", "--no-such-option"]],
    ["a missing argument", ["detach"]],
  ])("ends with 2 for %s", async (_, args) => {
    expect((await stack.command(...args)).code).toBe(2);
  });

  test("ends with 1 for a container that is unknown", async () => {
    const result = await stack.command("detach", "nobody", "--json");
    expect(result.code).toBe(1);
    expect(errorOf(result).error.code).toBe("UDEVNS_E_CONTAINER_UNKNOWN");
  });
});

describe("`udevns up` and commands that find no server", () => {
  let directory: string;
  let taken: Server;
  let port: number;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "udevns-errors-"));
    taken = createServer();
    taken.listen(0, "127.0.0.1");
    await once(taken, "listening");
    port = (taken.address() as { port: number }).port;
  });
  afterAll(() => {
    taken.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function udevns(args: string[], env: NodeJS.ProcessEnv = {}, wrap: string[] = []): Promise<CommandResult> {
    const [command = "", ...rest] = [...wrap, process.execPath, COMMAND, ...args];
    const base = {
      ...process.env,
      NODE_OPTIONS: "",
      UDEVNS_STATE_DIR: join(directory, "state"),
      UDEVNS_RUN_DIR: join(directory, "run"),
    };
    const child = spawn(command, rest, {
      env: { ...base, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
    });
    const result = { code: -1, stdout: "", stderr: "" };
    child.stdout.on("data", (data) => (result.stdout += data));
    child.stderr.on("data", (data) => (result.stderr += data));
    const [code] = (await once(child, "close")) as [number];
    return { ...result, code };
  }

  const upWith = async (policy: string) => {
    const file = join(directory, "policy.yaml");
    writeFileSync(file, policy);
    return await udevns(["up", "--policy", file, "--json"], { UDEVNS_NATS_PORT: String(await freePort()) });
  };

  test("an unknown key in the policy: 78, with its place and its mend", async () => {
    const result = await upWith(
      "version: 1\nrules:\n  - name: disks\n    mach: { subsystem: block }\n    give: { container: a }\n",
    );
    expect(result.code).toBe(78);
    const { code, message, mend } = errorOf(result).error;
    expect(code).toBe("UDEVNS_E_POLICY_FILE");
    expect(message).toMatch(/policy\.yaml:4:5: .*`mach`/);
    expect(message).toContain("`match`");
    expect(mend).not.toBe("");
  });

  test("a rule that can never match: 78, with its place", async () => {
    const result = await upWith(
      "version: 1\nrules:\n  - name: never\n    match: { subsystem: block, class: keyboard }\n    give: { container: a }\n",
    );
    expect(result.code).toBe(78);
    expect(errorOf(result).error.message).toMatch(/policy\.yaml:4:\d+: /);
  });

  test("no such policy file: 78", async () => {
    const result = await udevns(["up", "--policy", join(directory, "absent.yaml"), "--json"]);
    expect(result.code).toBe(78);
    expect(errorOf(result).error.message).toContain("no such file");
  });

  test("NATS's port taken: 78, and it says which setting mends it", async () => {
    const result = await udevns(["up", "--json"], { UDEVNS_NATS_PORT: String(port) });
    expect(result.code).toBe(78);
    expect(errorOf(result).error.message).toContain(`127.0.0.1:${port} is taken; set UDEVNS_NATS_PORT`);
  });

  test("no rights: 77", async () => {
    const nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
    const result = await udevns(["up", "--json"], {}, nobody);
    expect(result.code).toBe(77);
    expect(errorOf(result).error).toMatchObject({ code: "UDEVNS_E_RIGHTS", mend: expect.stringContaining("root") });
  });

  test("no server: 69", async () => {
    const result = await udevns(["status", "--json"], { NATS_URL: `nats://127.0.0.1:${await freePort()}` });
    expect(result.code).toBe(69);
    expect(errorOf(result).error.code).toBe("UDEVNS_E_BUS_UNAVAILABLE");
  });
});
