import { spawn } from "node:child_process";
import { once } from "node:events";
import { until } from "../../support/until.ts";
import type { CleanUps } from "./clean-ups.ts";
import type { NamespacedHost } from "./namespaced-host.ts";

let port = 4222;

/** A nats-server on that host and reached by its address, with JetStream and the users of those credentials. @returns its URL */
export async function startServerOn(host: NamespacedHost, credentials: string, cleanUps: CleanUps): Promise<string> {
  const listen = `${host.address}:${port++}`;
  const directory = `/run/nats-${port}`;
  const text = `listen: "${listen}"\njetstream { store_dir: "${directory}" }\ninclude "${`..${credentials}/server.conf`.replace("../run", ".")}"\n`;
  const file = `/run/nats-${port}.conf`;
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
