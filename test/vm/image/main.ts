import { provideRig } from "./rig.ts";

try {
  const rig = await provideRig((line) => process.stderr.write(`vm:build ${line}\n`));
  process.stdout.write(`${rig.directory}\n`);
} catch (error) {
  process.stderr.write(`vm:build: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
