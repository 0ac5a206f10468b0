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
  /** Milliseconds from the first of the next so many bytes to the last. */
  arrival(bytes: number): Promise<number>;
  close(): Promise<void>;
}

/** What is only timed need not be kept. */
const MOST_KEPT = 4_096;

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
    if (received.length < MOST_KEPT) received += chunk.toString();
  });
  await rig.plug("usb-serial", id, { chardev: `${id}-line`, "always-plugged": true });
  return {
    received: () => received,
    arrival: (bytes) =>
      new Promise((resolve) => {
        let [left, begun] = [bytes, 0];
        const count = (chunk: Buffer): void => {
          begun ||= performance.now();
          left -= chunk.length;
          if (left > 0) return;
          socket.off("data", count);
          resolve(performance.now() - begun);
        };
        socket.on("data", count);
      }),
    send: (text) => void socket.write(text),
    close: async () => {
      socket.destroy();
      server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
