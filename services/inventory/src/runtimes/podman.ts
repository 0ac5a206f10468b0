import { DockerAdapter } from "./docker.ts";

/** Podman's system service speaks Docker's API on a socket of its own. */
export class PodmanAdapter extends DockerAdapter {
  constructor(socketPath: string) {
    super(socketPath, "podman");
  }
}
