import { configError, type Environment } from "@udevns/service";
import { type TransportSetting, transportSettings } from "./choose.ts";

/** `UDEVNS_TRANSPORT`, `auto`. @throws UDEVNS_E_CONFIG */
export function transportSetting(env: Environment): TransportSetting {
  const text = env.UDEVNS_TRANSPORT || "auto";
  const setting = transportSettings.find((each) => each === text);
  if (setting === undefined)
    throw configError("UDEVNS_TRANSPORT", `${JSON.stringify(text)} is none of ${transportSettings.join(", ")}`);
  return setting;
}
