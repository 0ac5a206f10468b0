import { accessSync, constants, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { UdevnsError } from "@udevns/protocol";
import { type Environment, integer } from "@udevns/service";
import type { ChildPlan } from "./child.ts";

/** A nats-server with JetStream on loopback, its store below the state directory. */
export interface EmbeddedNats {
  readonly url: string;
  readonly plan: ChildPlan;
}

/** @throws UDEVNS_E_SETUP without nats-server; UDEVNS_E_CONFIG when its port is taken */
export async function embeddedNats(env: Environment, stateDir: string): Promise<EmbeddedNats> {
  const port = integer(env, "UDEVNS_NATS_PORT", 4222, [1, 65535]);
  const command = findProgram("nats-server", env.PATH ?? "");
  if (command === undefined) throw new UdevnsError("UDEVNS_E_SETUP", { what: "nats-server" });
  await checkFree(port);
  const store = join(stateDir, "nats");
  mkdirSync(store, { recursive: true, mode: 0o700 });
  const args = [
    "--addr",
    "127.0.0.1",
    "--port",
    String(port),
    "--jetstream",
    "--store_dir",
    store,
    "--log",
    join(stateDir, "nats-server.log"),
    ...(env.UDEVNS_CREDENTIALS ? ["--config", join(env.UDEVNS_CREDENTIALS, "server.conf")] : []),
  ];
  return { url: `nats://127.0.0.1:${port}`, plan: { name: "nats-server", command, args, env: { PATH: env.PATH } } };
}

function findProgram(name: string, path: string): string | undefined {
  for (const directory of [...path.split(delimiter), "/usr/sbin", "/usr/local/bin"]) {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return join(directory, name);
    } catch {
      // Not in this directory.
    }
  }
  return undefined;
}

/** nats-server would log that the port is taken and end, again and again. */
async function checkFree(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (cause) => {
      const detail = `127.0.0.1:${port} is taken; set UDEVNS_NATS_PORT to another, or NATS_URL to use the server that is there`;
      reject(new UdevnsError("UDEVNS_E_CONFIG", { name: "UDEVNS_NATS_PORT", detail }, { cause }));
    });
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve()));
  });
}
