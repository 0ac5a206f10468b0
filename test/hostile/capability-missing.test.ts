import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import type { ServiceRole } from "@udevns/protocol";
import { type Capability, capabilitiesOf } from "@udevns/service";
import { needsAlone, without } from "./support/capabilities.ts";

/** Starts a service without one of its capabilities and without a bus, which it does not come to ask for. */
async function endOf(role: ServiceRole, taken: Capability): Promise<{ code: unknown; said: string }> {
  const main = fileURLToPath(new URL(`../../services/${role}/src/main.ts`, import.meta.url));
  const [command = "", ...args] = [...without(role, taken), process.execPath, "--import", "tsx", main];
  const env = { ...process.env, NODE_OPTIONS: "", NATS_URL: "nats://127.0.0.1:9" };
  return await new Promise((resolve) => {
    execFile(command, args, { env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error?.code, said: stdout + stderr }),
    );
  });
}

const roles = (Object.keys(capabilitiesOf) as ServiceRole[]).filter((role) => needsAlone(role).length > 0);

test.each(roles)("%s says by name which of its capabilities is missing", async (role) => {
  // Three at a time: each is a start of Node.
  const left = [...needsAlone(role)];
  const worker = async () => {
    for (let taken = left.pop(); taken !== undefined; taken = left.pop()) {
      const { code, said } = await endOf(role, taken);
      expect({ taken, code }).toEqual({ taken, code: 77 });
      expect(said).toMatch(new RegExp(`UDEVNS_E_RIGHTS.*udevns ${role} needs ${taken}"`));
    }
  };
  await Promise.all([worker(), worker(), worker()]);
});
