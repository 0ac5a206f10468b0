import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type ServiceRole, serviceRoles } from "@udevns/protocol";
import type { Plugin } from "esbuild";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const source = (role: ServiceRole): string => `services/${role}/src/main.ts`;

/** Arguments that have Node run a service. */
export type Programs = (role: ServiceRole) => readonly string[];

/** The sources as they are; tsx is found from here, wherever the command was called. */
export const fromSources: Programs = (role) => ["--import", import.meta.resolve("tsx"), join(root, source(role))];

/**
 * The services in a few files: to find, read and translate the hundreds that they are made of takes more than all else that a start
 * does. They are made anew each time, so they are never those of other sources.
 */
export async function bundle(directory: string): Promise<Programs> {
  const { build, stop } = await import("esbuild");
  try {
    await build({
      absWorkingDir: root,
      entryPoints: serviceRoles.map(source),
      outdir: directory,
      outbase: ".",
      outExtension: { ".js": ".mjs" },
      bundle: true,
      splitting: true,
      platform: "node",
      format: "esm",
      target: "node20",
      // Optional speed-ups of the Docker client's SSH, which it does without when they are not there.
      external: ["*.node", "cpu-features"],
      // Packages in CommonJS ask for node's own modules at run time, and for their place, where nothing is that they need.
      define: { __dirname: '"/"', __filename: '"/"' },
      banner: {
        js: `import { createRequire as bundleRequire } from "node:module"; const require = bundleRequire("/");`,
      },
      plugins: [ownPlace],
      logLevel: "silent",
    });
  } finally {
    stop();
  }
  return (role) => [join(directory, source(role).replace(/ts$/, "mjs"))];
}

/** Files of ours that find their neighbours from where they are. They are named, as to hand every file over costs a second. */
export const placed = ["native/src/binding.ts", "libs/service/src/gate-program.ts"] as const;

const ownPlace: Plugin = {
  name: "own-place",
  setup(context) {
    context.onLoad({ filter: new RegExp(`/(${placed.join("|").replaceAll(".", "\\.")})$`) }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      return { loader: "ts", contents: text.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)) };
    });
  },
};
