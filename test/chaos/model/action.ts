export const containers = ["plain", "userns", "udevless"] as const;
export type ContainerName = (typeof containers)[number];

export const victims = ["capture", "inventory", "policy", "devnode", "injector", "nats-server"] as const;
export type Victim = (typeof victims)[number];

/** One thing that happens to the host. Devices and policies are numbered. */
export type Action =
  | { readonly kind: "plug" | "unplug" | "replug" | "change"; readonly device: number }
  /** Unplugged, and plugged again under another number at the same devpath, as somebody else has its number now. */
  | { readonly kind: "renumber"; readonly device: number }
  | { readonly kind: "policy"; readonly number: number }
  | { readonly kind: "claim"; readonly device: number; readonly container: ContainerName }
  | { readonly kind: "release"; readonly device: number }
  | { readonly kind: "start" | "stop" | "deafen" | "pause" | "resume"; readonly container: ContainerName }
  | { readonly kind: "kill" | "freeze" | "thaw"; readonly victim: Victim }
  /** nats-server is killed, and what it has on its disk is gone. */
  | { readonly kind: "lose" }
  /** The services' wall clock is set so many seconds from the true time. */
  | { readonly kind: "clock"; readonly seconds: number }
  | { readonly kind: "wait"; readonly ms: number };

/** Actions that follow one another at once, or after a wait; at its end the host is left alone until it has come to rest. */
export type Round = readonly Action[];
export type Schedule = readonly Round[];

export function inWords(action: Action): string {
  switch (action.kind) {
    case "plug":
    case "unplug":
    case "replug":
    case "change":
    case "renumber":
    case "release":
      return `${action.kind} ${action.device}`;
    case "policy":
      return `policy ${action.number}`;
    case "claim":
      return `claim ${action.device} for ${action.container}`;
    case "start":
    case "stop":
    case "deafen":
    case "pause":
    case "resume":
      return `${action.kind} ${action.container}`;
    case "kill":
    case "freeze":
    case "thaw":
      return `${action.kind} ${action.victim}`;
    case "lose":
      return "lose the store";
    case "clock":
      return `clock ${action.seconds} s`;
    case "wait":
      return `${action.ms} ms`;
    default:
      return action satisfies never;
  }
}
