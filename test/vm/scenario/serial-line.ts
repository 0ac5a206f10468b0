import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Rig } from "../driver/rig.ts";

/** The far end of a serial adapter's cable. */
export interface SerialLine {
  /** All that the guest has sent so far. */
  received(): string;
  send(text: string): void;
  close(): Promise<void>;
}

/** Plugs a USB serial adapter whose line ends here. */
export async function plugSerial(rig: Rig, id: string): Promise<SerialLine> {
  const directory = await mkdtemp(join(tmpdir(), "udevns-serial-"));
  const path = join(directory, "line");
  const server = createServer().listen(path);
  await once(server, "listening");
  const connected = once(server, "connection") as Promise<[Socket]>;
  const addr = { type: "unix", data: { path } };
  await rig.qmp("chardev-add", { id: `${id}-line`, backend: { type: "socket", data: { addr, server: false } } });
  const [socket] = await connected;
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk.toString();
  });
  await rig.plug("usb-serial", id, { chardev: `${id}-line`, "always-plugged": true });
  return {
    received: () => received,
    send: (text) => void socket.write(text),
    close: async () => {
      socket.destroy();
      server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
