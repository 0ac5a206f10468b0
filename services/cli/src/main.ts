import { Command, CommanderError, Option } from "commander";
import { type CommandContext, reportError, withBus } from "./command.ts";
import { attach } from "./commands/attach.ts";
import { containers } from "./commands/containers.ts";
import { detach } from "./commands/detach.ts";
import { devices } from "./commands/devices.ts";
import { health } from "./commands/health.ts";
import { monitor } from "./commands/monitor.ts";
import { provision } from "./commands/provision.ts";
import { status } from "./commands/status.ts";
import { Output } from "./output.ts";
import { up } from "./supervisor/up.ts";

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

const wantsJson = process.argv.includes("--json");
const colour =
  !wantsJson && process.stdout.isTTY === true && !process.env.NO_COLOR && !process.argv.includes("--no-color");
const out = new Output({ json: wantsJson, colour });

/** Ends the process with the command's exit code. */
const run = (command: (context: CommandContext) => Promise<number>) => async () => finish(withBus(out, command));
const finish = async (running: Promise<number>): Promise<void> => {
  process.exitCode = await running.catch((error: unknown) => reportError(error, out));
};

const program = new Command("udevns")
  .description("hot-plug for containers")
  .version("0.1.0")
  .option("--json", "print JSON")
  .option("--no-color", "print without colours")
  .exitOverride()
  .configureOutput({ writeErr: (text) => process.stderr.write(text) });

program
  .command("up")
  .description("start every service of this host, and a NATS server when NATS_URL is not set")
  .addOption(new Option("--policy <file>", "policy file").env("UDEVNS_POLICY"))
  .action((options: { policy?: string }) => finish(up(out, options)));
program
  .command("status")
  .description("show the services")
  .option("--wait", "wait until this host's are ready", false)
  .action((options: { wait: boolean }) => run((context) => status(context, options))());
program
  .command("health [service]")
  .description("exit 0 when ready")
  .action((service: string | undefined) => run((context) => health(context, service))());
program
  .command("devices")
  .description("show devices and their owners")
  .option("--all", "also those without a node", false)
  .action((options: { all: boolean }) => run((context) => devices(context, options))());
program.command("containers").description("show containers and what they have").action(run(containers));
program
  .command("attach <name>")
  .description("make a process a container")
  .requiredOption("--pid <pid>", "a process in it")
  .option("--label <key=value>", "label for policy to match", collect, [])
  .action((name: string, options: { pid: string; label: string[] }) =>
    run((context) => attach(context, name, options))(),
  );
program
  .command("detach <name>")
  .description("take everything back and forget the container")
  .action((name: string) => run((context) => detach(context, name))());
program
  .command("monitor")
  .description("show what happens, live")
  .option("--container <name>", "only what concerns it")
  .action((options: { container?: string }) => run((context) => monitor(context, options))());
program
  .command("provision")
  .description("make or mend the streams and buckets")
  .option("--replicas <n>", "copies of each", "1")
  .option("--dry-run", "only show the difference", false)
  .action((options: { replicas: string; dryRun: boolean }) => run((context) => provision(context, options))());

// `--json` may stand behind the command as well as before it.
for (const command of program.commands)
  command.option("--json", "print JSON").option("--no-color", "print without colours").exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
