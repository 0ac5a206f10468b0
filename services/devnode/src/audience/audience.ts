import type { UdevChoice } from "@udevns/protocol";

/**
 * Who in a container tells its programs of a device: `udevd` its own, which hears the kernel's word; `none` nobody, so that we do
 * udevd's part; `coming` its udevd has not started yet.
 */
export type Audience = "udevd" | "none" | "coming";

export interface AudienceFacts {
  /** The label. */
  readonly choice: UdevChoice;
  /** What /run/udev/control is in the container: a udevd makes a socket there, we an empty file. */
  readonly control: "socket" | "other" | "missing";
  /** Name of the container's first process. */
  readonly init: string;
  readonly udevdInstalled: boolean;
}

/** Programs that start the services of a whole system, udevd among them. */
const INITS = new Set(["systemd", "init", "openrc-init", "runit", "runit-init", "s6-svscan", "s6-linux-init", "dinit"]);

export function decideAudience({ choice, control, init, udevdInstalled }: AudienceFacts): Audience {
  switch (choice) {
    case "udevd":
    case "none":
      return choice;
    case "auto":
      if (control === "socket") return "udevd";
      return udevdInstalled && INITS.has(init) ? "coming" : "none";
    default:
      return choice satisfies never;
  }
}

/** Netlink groups on which somebody listens in the container. */
export interface Listening {
  readonly kernel: boolean;
  readonly udev: boolean;
}

/**
 * To which groups an event goes now; `wait` while the udevd that shall hear it does not listen yet.
 * Without udevd the record in its database is what counts, and the event only tells those who listen that it has changed.
 */
export function planTelling(audience: Audience, { kernel, udev }: Listening): readonly ("kernel" | "udev")[] | "wait" {
  switch (audience) {
    case "coming":
    case "udevd":
      return kernel ? ["kernel"] : "wait";
    case "none":
      return [...(kernel ? (["kernel"] as const) : []), ...(udev || !kernel ? (["udev"] as const) : [])];
    default:
      return audience satisfies never;
  }
}
