import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DeviceRecord, UdevInfo } from "@udevns/protocol";
import { databaseId, parseUdevRecord } from "@udevns/uevent";

/**
 * The host udev's database. It is what we believe: a group-2 message may come from any process with CAP_NET_ADMIN in this
 * network namespace, also from a container on the host's network, so such a message is only the bell that says "look now".
 */
export class HostUdev {
  readonly #directory: string;

  constructor(runUdev = "/run/udev") {
    this.#directory = runUdev;
  }

  /** True where a udevd runs, or ran: libudev's own test. */
  get present(): boolean {
    return existsSync(join(this.#directory, "control"));
  }

  /** @returns undefined when udev has not handled the device */
  read(device: Pick<DeviceRecord, "devnum" | "subsystem" | "devpath" | "properties">): UdevInfo | undefined {
    const id = databaseId(device);
    if (id.includes("/")) return undefined;
    try {
      return parseUdevRecord(readFileSync(join(this.#directory, "data", id), "utf8"));
    } catch {
      return undefined;
    }
  }
}
