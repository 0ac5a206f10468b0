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

export const without = (role: ServiceRole, taken: Capability): string[] =>
  withCapabilities(capabilitiesOf[role].filter((name) => name !== taken));
