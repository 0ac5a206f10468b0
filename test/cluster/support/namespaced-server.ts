import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join, relative } from "node:path";
import { until } from "../../support/until.ts";
import type { CleanUps } from "./clean-ups.ts";
import type { NamespacedHost } from "./namespaced-host.ts";

let port = 4222;

/** A nats-server on that host and reached by its address, with JetStream and the users of those credentials. @returns its URL */
export async function startServerOn(host: NamespacedHost, credentials: string, cleanUps: CleanUps): Promise<string> {
  const listen = `${host.address}:${port++}`;
  const file = `/run/nats-${port}.conf`;
  const users = join(relative(dirname(file), credentials), "server.conf");
  const text = `listen: "${listen}"\njetstream { store_dir: "/run/nats-${port}" }\ninclude "${users}"\n`;
  await host.run({}, ["sh", "-c", `cat > ${file}`], text);
  const [command = "", ...args] = [...host.enter, "nats-server", "--config", file];
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (data) => (log += data));
  cleanUps.add(async () => {
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  });
  await until(() => log.includes("Server is ready") || child.exitCode !== null, "nats-server to be ready");
  if (child.exitCode !== null) throw new Error(`nats-server ended: ${log}`);
  return `nats://${listen}`;
}
