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

  /**
   * @param handled true when udevd has just said that it is done with the device
   * @returns undefined when udev has not handled it. Of a device without a number udevd writes down nothing when it has nothing
   * to say (device_update_db, sd-device/device-private.c), so its missing record is an empty one.
   */
  read(
    device: Pick<DeviceRecord, "devnum" | "subsystem" | "devpath" | "properties">,
    handled: boolean,
  ): UdevInfo | undefined {
    const id = databaseId(device);
    if (id.includes("/") || !this.present) return undefined;
    const numbered = device.devnum !== undefined || device.properties.IFINDEX !== undefined;
    try {
      return parseUdevRecord(readFileSync(join(this.#directory, "data", id), "utf8"));
    } catch {
      return handled || !numbered ? { properties: {}, tags: [], links: [] } : undefined;
    }
  }
}
