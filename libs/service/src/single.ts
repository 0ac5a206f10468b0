import { createServer } from "node:net";
import { type ServiceRole, token, UdevnsError } from "@udevns/protocol";

/**
 * Makes sure that a host runs one process of a role: two injectors would send each event twice.
 * An abstract socket's name (unix(7)) is free again the moment its process is gone, however it ended.
 * @throws UDEVNS_E_CONFIG when there is another
 */
export async function claimRole(role: ServiceRole, host: string): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new UdevnsError(
          "UDEVNS_E_CONFIG",
          { name: "UDEVNS_HOST", detail: `a ${role} for ${host} runs already` },
          { cause },
        ),
      ),
    );
    server.listen(`\0udevns-${role}-${token(host)}`, resolve);
  });
}
