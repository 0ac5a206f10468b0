import type { Rig } from "../driver/rig.ts";
import type { Place } from "./place.ts";

/** The guest, in its part as the host of the containers. */
export const host = (rig: Rig): Place => ({
  name: "host",
  run: (script, options) => rig.run(script, options),
  sh: (script, options) => rig.sh(script, options),
  read: (path) => rig.sh(`cat ${path}`),
});
