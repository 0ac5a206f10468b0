import { configError, type Environment } from "@udevns/service";
import { DockerAdapter } from "./runtimes/docker.ts";
import { LxcAdapter } from "./runtimes/lxc.ts";
import { NspawnAdapter } from "./runtimes/nspawn.ts";
import { PodmanAdapter } from "./runtimes/podman.ts";
import type { RuntimeAdapter } from "./runtimes/runtime.ts";

const makers: Readonly<Record<string, (env: Environment) => RuntimeAdapter>> = {
  docker: (env) => new DockerAdapter(env.UDEVNS_DOCKER_SOCKET || "/run/docker.sock"),
  podman: (env) => new PodmanAdapter(env.UDEVNS_PODMAN_SOCKET || "/run/podman/podman.sock"),
  lxc: (env) => new LxcAdapter(env.UDEVNS_LXC_PATH || "/var/lib/lxc"),
  nspawn: (env) => new NspawnAdapter(env.UDEVNS_MACHINES_DIR || "/run/systemd/machines"),
};

/** `UDEVNS_RUNTIMES`: which to ask, comma-separated; all of them by default, as one that is not there costs nothing. @throws UDEVNS_E_CONFIG */
export function runtimeAdapters(env: Environment): RuntimeAdapter[] {
  const names = (env.UDEVNS_RUNTIMES ?? Object.keys(makers).join()).split(",").map((name) => name.trim());
  return names
    .filter((name) => name !== "" && name !== "none")
    .map((name) => {
      const make = makers[name];
      if (make === undefined)
        throw configError("UDEVNS_RUNTIMES", `${name} is none of ${Object.keys(makers).join(", ")}, none`);
      return make(env);
    });
}

/** `UDEVNS_OPT_IN=1`: only containers with the label `udevns.enable=true`; else all but those with `udevns.enable=false`. */
export function takesPart(env: Environment, enable: string | undefined): boolean {
  return env.UDEVNS_OPT_IN === "1" ? enable === "true" : enable !== "false";
}
