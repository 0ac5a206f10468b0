import { createServer } from "node:http";
import { type ServiceStatus, UdevnsError } from "@udevns/protocol";
import { metricsText } from "./metrics.ts";

/**
 * `/livez` the process runs, `/readyz` it does its work (else 503 and why not), `/metrics` for Prometheus.
 * @param address `UDEVNS_HTTP`, `127.0.0.1:9401`; undefined for none
 * @throws UDEVNS_E_CONFIG when that cannot be listened on
 */
export async function serveHttp(address: string | undefined, status: () => ServiceStatus): Promise<void> {
  if (!address) return;
  const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
  const fault = (detail: string, cause?: unknown) =>
    new UdevnsError("UDEVNS_E_CONFIG", { name: "UDEVNS_HTTP", detail }, { cause });
  if (host === undefined) throw fault(`${JSON.stringify(address)} is not ADDRESS:PORT`);
  const server = createServer((request, response) => {
    const { code, type = "text/plain", body } = answer(request.url ?? "/", status());
    response.writeHead(code, { "content-type": `${type}; charset=utf-8` }).end(body);
  });
  // It must not keep alive a process that has ended its work.
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(fault(cause.message, cause)));
    server.listen(Number(port), host, resolve);
  });
}

function answer(path: string, status: ServiceStatus): { code: number; type?: string; body: string } {
  switch (path) {
    case "/livez":
      return { code: 200, body: "alive\n" };
    case "/readyz":
      return { code: status.ready ? 200 : 503, body: `${status.note}\n` };
    case "/metrics":
      return { code: 200, type: "text/plain; version=0.0.4", body: metricsText(status) };
    default:
      return { code: 404, body: "there are /livez, /readyz and /metrics\n" };
  }
}
