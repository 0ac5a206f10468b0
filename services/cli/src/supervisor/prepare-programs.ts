import { bundle, fromSources, type Programs } from "./bundle.ts";
import { type BundleDirectory, makeBundleDirectory } from "./bundle-directory.ts";

interface Prepared {
  readonly programs: Programs;
  /** When none of them runs any more. */
  remove(): void;
}

/** Of one bundle, or of the sources: for who would see their names, and where no bundle can be made. */
export async function preparePrograms(
  env: NodeJS.ProcessEnv,
  stateDir: string,
  note: (text: string) => void,
): Promise<Prepared> {
  const asTheyAre: Prepared = { programs: fromSources, remove: () => undefined };
  if (env.UDEVNS_BUNDLE === "off") return asTheyAre;
  let directory: BundleDirectory | undefined;
  try {
    directory = makeBundleDirectory(stateDir);
    return { programs: await bundle(directory.path), remove: directory.remove };
  } catch (error) {
    directory?.remove();
    note(`services run from their sources, which starts them slower: ${(error as Error).message}`);
    return asTheyAre;
  }
}
