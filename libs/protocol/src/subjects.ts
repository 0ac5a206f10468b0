import type { ServiceRole } from "./status.ts";
import { token } from "./token.ts";

const ROOT = "udevns.v1";

/** Every subject. Kind early, host third, so that one wildcard serves each permission, stream and filter. */
export const subjects = {
  everything: `${ROOT}.>`,
  uevent: (host: string, subsystem: string, action: string) =>
    `${ROOT}.uevent.${token(host)}.${token(subsystem)}.${token(action)}`,
  uevents: (host?: string) => `${ROOT}.uevent.${hostOrAny(host)}.>`,
  container: (host: string, event: string) => `${ROOT}.container.${token(host)}.${token(event)}`,
  containers: (host?: string) => `${ROOT}.container.${hostOrAny(host)}.>`,
  devnodeWork: (host: string, container: string) => `${ROOT}.work.devnode.${token(host)}.${token(container)}`,
  devnodeWorks: (host?: string) => `${ROOT}.work.devnode.${hostOrAny(host)}.>`,
  injectWork: (host: string, container: string) => `${ROOT}.work.inject.${token(host)}.${token(container)}`,
  injectWorks: (host?: string) => `${ROOT}.work.inject.${hostOrAny(host)}.>`,
  /** Lies in the host's log of orders, but in no reader's filter. */
  term: (host: string) => `${ROOT}.work.term.${token(host)}`,
  result: (host: string, container: string, role: "devnode" | "inject") =>
    `${ROOT}.result.${token(host)}.${token(container)}.${role}`,
  results: (host?: string) => `${ROOT}.result.${hostOrAny(host)}.>`,
  audit: (host: string, kind: string) => `${ROOT}.audit.${token(host)}.${token(kind)}`,
  audits: (host?: string) => `${ROOT}.audit.${hostOrAny(host)}.>`,
  status: (host: string, role: ServiceRole) => `${ROOT}.status.${token(host)}.${role}`,
  statuses: (host?: string) => `${ROOT}.status.${hostOrAny(host)}.>`,
  rpc: (host: string, method: string) => `${ROOT}.rpc.${token(host)}.${token(method)}`,
} as const;

const hostOrAny = (host: string | undefined): string => (host === undefined ? "*" : token(host));
