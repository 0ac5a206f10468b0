import type { ServiceRole } from "@udevns/protocol";
import { type Capability, capabilitiesOf } from "@udevns/service";

/** A command's clothes: root with these capabilities and no way to any other. */
export const withCapabilities = (names: readonly Capability[]): string[] => [
  "setpriv",
  "--bounding-set",
  ["-all", ...names.map((name) => `+${name.slice("CAP_".length).toLowerCase()}`)].join(),
  "--inh-caps",
  "-all",
];

/** What a service needs when it is started alone: then nobody gives capture its socket. */
export const needsAlone = (role: ServiceRole): readonly Capability[] =>
  role === "capture" ? ["CAP_NET_ADMIN"] : capabilitiesOf[role];

export const without = (role: ServiceRole, taken: Capability): string[] =>
  withCapabilities(needsAlone(role).filter((name) => name !== taken));
