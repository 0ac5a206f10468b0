import { UdevnsError } from "@udevns/protocol";

export const transportSettings = ["netlink", "module", "auto"] as const;
export type TransportSetting = (typeof transportSettings)[number];
export type TransportKind = Exclude<TransportSetting, "auto">;

/** Why each way cannot be taken here; undefined where it can. */
export type Obstacles = Readonly<Record<TransportKind, string | undefined>>;

/**
 * Which way events take. Mainline's comes first: it is in every kernel since 4.18, and nobody has to trust a module for it.
 * @throws UDEVNS_E_TRANSPORT when the setting's way, or with `auto` any, cannot be taken
 */
export function chooseTransport(setting: TransportSetting, obstacles: Obstacles): TransportKind {
  switch (setting) {
    case "netlink":
    case "module":
      if (obstacles[setting] === undefined) return setting;
      break;
    case "auto":
      if (obstacles.netlink === undefined) return "netlink";
      if (obstacles.module === undefined) return "module";
      break;
    default:
      return setting satisfies never;
  }
  const wanted = setting === "auto" ? (["netlink", "module"] as const) : [setting];
  const detail = wanted.map((kind) => `${kind}: ${obstacles[kind]}`).join("; ");
  throw new UdevnsError("UDEVNS_E_TRANSPORT", { setting, detail });
}
