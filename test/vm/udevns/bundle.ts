import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { repository } from "../image/places.ts";

/** Where the bundle lies in the guest. */
export const guestPath = "/udevns";

const roles = ["capture", "inventory", "policy", "devnode", "injector"] as const;

/** Each process's entry, as `udevns up` names it. */
const entries = ["cli", ...roles].map((role) => `services/${role}/src/main.ts`);
/** The injector's senders by themselves, for the table that both of its transports have to pass. */
const senders = "test/vm/udevns/send.ts";
const addon = "native/build/Release/udevns.node";

/**
 * The services and the command, each in one file, laid out like the repository. The emulated processor needs a minute to
 * find, read and translate the hundreds of files that they are made of; what runs is the same code.
 */
export async function bundleUdevns(target: string): Promise<void> {
  await build({
    absWorkingDir: repository,
    entryPoints: [...entries, senders],
    outdir: target,
    outbase: ".",
    outExtension: { ".js": ".ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // Optional speed-ups of the Docker client's SSH, which it does without when they are not there.
    external: ["*.node", "cpu-features"],
    // Packages in CommonJS ask for node's own modules at run time, and for their place, where nothing is that they need.
    define: { __dirname: '"/"', __filename: '"/"' },
    banner: { js: `import { createRequire as bundleRequire } from "node:module"; const require = bundleRequire("/");` },
    plugins: [ownPlace],
    logLevel: "silent",
  });
  await mkdir(dirname(join(target, addon)), { recursive: true });
  await cp(join(repository, addon), join(target, addon)).catch(() => {
    throw new Error(`${addon} is not there; run npm run build:native`);
  });
  await writeLoader(join(target, "node_modules/tsx"));
  await cp(join(repository, "package.json"), join(target, "package.json"));
  await mkdir(join(target, "bin"));
  await writeFile(join(target, "bin/udevns"), `#!/bin/sh\nexec ${runInGuest("services/cli/src/main.ts")} "$@"\n`, {
    mode: 0o755,
  });
}

/** The command line that runs a file of the bundle, which is mounted or copied at its place. */
export const runInGuest = (file: string): string =>
  `node --import ${guestPath}/node_modules/tsx/loader.js ${guestPath}/${file}`;
export const sendInGuest = runInGuest(senders);

/** A file in the bundle finds its neighbours from where its source would be in the guest. */
const ownPlace: Plugin = {
  name: "own-place",
  setup(context) {
    context.onLoad({ filter: /\/(services|libs|native)\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const url = `file://${guestPath}/${relative(repository, path)}`;
      return { loader: "ts", contents: text.replaceAll(/import\.meta\.url/g, JSON.stringify(url)) };
    });
  },
};

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
