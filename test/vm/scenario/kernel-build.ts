import { join } from "node:path";
import { command } from "../image/command.ts";
import { repository } from "../image/places.ts";
import { cachedBuild } from "./cached-build.ts";

/** The module, the gate and their test programs, in a directory laid out like kernel/. */
export function buildKernel(release: string): Promise<string> {
  const build = async (copy: string): Promise<void> => {
    const moduleArguments = [`KVER=${release}`, "W=1", "KCFLAGS=-Werror", "modules", "tests"];
    await command("make", ["-s", "-C", join(copy, "module"), ...moduleArguments]);
    await command("make", ["-s", "-C", join(copy, "gate"), "all"]);
  };
  return cachedBuild(join(repository, "kernel"), build, release).catch((error: unknown) => {
    throw new Error(
      `${String(error)}\nkernel/ needs linux-headers-${release}, make, gcc, clang, bpftool and libbpf-dev.`,
    );
  });
}

/** Small programs of the tests that run in the guest and its containers. */
export function buildPrograms(): Promise<string> {
  return cachedBuild(join(repository, "test/vm/programs"), (copy) => command("make", ["-s", "-C", copy, "all"]));
}

/** The OCI runtime wrapper, its own tests passed. */
export function buildOciRuntime(): Promise<string> {
  return cachedBuild(join(repository, "infra/oci"), (copy) => command("make", ["-s", "-C", copy, "all", "check"]));
}
