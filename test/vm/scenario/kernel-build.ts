import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command } from "../image/command.ts";
import { repository } from "../image/places.ts";

export interface KernelBuild {
  readonly directory: string;
  remove(): Promise<void>;
}

/** Builds a folder of kernel/ in a copy: the source tree stays clean, and two runs do not meet. */
export async function buildKernelPart(part: "module" | "gate", makeArguments: readonly string[]): Promise<KernelBuild> {
  const directory = await mkdtemp(join(tmpdir(), `udevns-${part}-`));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    await cp(join(repository, "kernel", part), directory, { recursive: true });
    await command("make", ["-s", "-C", directory, ...makeArguments]);
    return { directory, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

export async function buildModule(release: string): Promise<KernelBuild> {
  return buildKernelPart("module", [`KVER=${release}`, "W=1", "KCFLAGS=-Werror", "modules", "tests"]).catch(
    (error: unknown) => {
      throw new Error(`${String(error)}\nThe headers of ${release} come with the package linux-headers-${release}.`);
    },
  );
}
