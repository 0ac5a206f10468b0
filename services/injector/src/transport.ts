import {
  openUeventModule,
  openUeventSender,
  type Pidfd,
  probeInjection,
  type UeventModule,
  type UeventSender,
} from "@udevns/native";
import { chooseTransport, type TransportKind, type TransportSetting } from "./choose.ts";

/** A way for events into a container's network namespace. */
export type Transport = { readonly kind: "netlink" } | { readonly kind: "module"; readonly module: UeventModule };

/** What each says of itself, in the log and in `udevns status`. */
export const descriptions: Readonly<Record<TransportKind, string>> = {
  netlink: "sending by netlink",
  module: "sending by udevns.ko",
};

/** @throws UDEVNS_E_TRANSPORT */
export function openTransport(setting: TransportSetting): Transport {
  const module = setting === "netlink" ? "not asked for" : attempt(openUeventModule);
  const netlink = setting === "module" ? "not asked for" : attempt(probeInjection);
  const kind = chooseTransport(setting, { netlink: textOf(netlink), module: textOf(module) });
  if (kind === "module") return { kind, module: module as UeventModule };
  // An open one would keep it from being unloaded.
  if (typeof module === "object") module.close();
  return { kind };
}

export function openSender(transport: Transport, target: Pidfd): UeventSender {
  switch (transport.kind) {
    case "netlink":
      return openUeventSender(target);
    case "module":
      return transport.module.openSender(target);
    default:
      return transport satisfies never;
  }
}

/** @returns what it gives, or why it does not */
function attempt<T>(open: () => T): T | string {
  try {
    return open();
  } catch (error) {
    return (error as Error).message;
  }
}

const textOf = (found: unknown): string | undefined => (typeof found === "string" ? found : undefined);
