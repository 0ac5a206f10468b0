import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const roles = ["capture", "inventory", "policy", "devnode", "injector"] as const;
/** Each process's entry, as `udevns up` names it. */
const entries = ["cli", ...roles].map((role) => `services/${role}/src/main.ts`);
const addon = "native/build/Release/udevns.node";

/**
 * The services and the command, each in one file, laid out like the repository. An emulated processor needs a minute to find, read
 * and translate the hundreds of files that they are made of, and a real one most of a second; what runs is the same code.
 * @param place where `target` will lie when it is run
 * @param more further entries, from the repository's root
 */
export async function bundleUdevns(target: string, place = target, more: readonly string[] = []): Promise<void> {
  await build({
    absWorkingDir: repository,
    entryPoints: [...entries, ...more],
    outdir: target,
    outbase: ".",
    outExtension: { ".js": ".ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // Optional speed-ups of the Docker client's SSH, which it does without when they are not there; a bundle is not bundled again.
    external: ["*.node", "cpu-features", "esbuild"],
    // Packages in CommonJS ask for node's own modules at run time, and for their place, where nothing is that they need.
    define: { __dirname: '"/"', __filename: '"/"' },
    banner: { js: `import { createRequire as bundleRequire } from "node:module"; const require = bundleRequire("/");` },
    plugins: [ownPlace(place)],
    logLevel: "silent",
  });
  await mkdir(dirname(join(target, addon)), { recursive: true });
  await cp(join(repository, addon), join(target, addon)).catch(() => {
    throw new Error(`${addon} is not there; run npm run build:native`);
  });
  await writeLoader(join(target, "node_modules/tsx"));
  await cp(join(repository, "package.json"), join(target, "package.json"));
  await mkdir(join(target, "bin"));
  const command = ["node", ...argumentsFor(place, "services/cli/src/main.ts")].join(" ");
  await writeFile(join(target, "bin/udevns"), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
}

/** What node is called with to run a file of the bundle that lies at that place. */
export const argumentsFor = (place: string, file: string): string[] => [
  "--import",
  `${place}/node_modules/tsx/loader.js`,
  `${place}/${file}`,
];

/** A file in the bundle finds its neighbours from where its source would be at that place. */
const ownPlace = (place: string): Plugin => ({
  name: "own-place",
  setup(context) {
    context.onLoad({ filter: /\/(services|libs|native)\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const url = `file://${place}/${relative(repository, path)}`;
      return { loader: "ts", contents: text.replaceAll(/(?<!")import\.meta\.url/g, JSON.stringify(url)) };
    });
  },
});

/** Stands for tsx, which `udevns up` starts its services with: a bundle's `.ts` is JavaScript already. */
async function writeLoader(directory: string): Promise<void> {
  const hooks = `
    import { readFileSync } from "node:fs";
    export const load = (url, context, next) =>
      url.endsWith(".ts") ? { format: "module", shortCircuit: true, source: readFileSync(new URL(url)) } : next(url, context);`;
  await mkdir(directory, { recursive: true });
  await writeFile(
    join(directory, "package.json"),
    JSON.stringify({ name: "tsx", type: "module", exports: "./loader.js" }),
  );
  await writeFile(
    join(directory, "loader.js"),
    `import { register } from "node:module"; register("./hooks.js", import.meta.url);`,
  );
  await writeFile(join(directory, "hooks.js"), hooks);
}
