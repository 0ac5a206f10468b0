import { Command, CommanderError, Option } from "commander";
import { type CommandContext, reportError, usageError, withBus } from "./command.ts";
import { attach } from "./commands/attach.ts";
import { type ClaimOptions, changeClaim } from "./commands/claim.ts";
import { containers } from "./commands/containers.ts";
import { detach } from "./commands/detach.ts";
import { devices } from "./commands/devices.ts";
import { doctor } from "./commands/doctor.ts";
import { events } from "./commands/events.ts";
import { explain } from "./commands/explain.ts";
import { health } from "./commands/health.ts";
import { monitor } from "./commands/monitor.ts";
import { apply } from "./commands/policy/apply.ts";
import { checkFile } from "./commands/policy/check.ts";
import { generate } from "./commands/policy/generate.ts";
import { record } from "./commands/policy/record.ts";
import { show } from "./commands/policy/show.ts";
import { testFile } from "./commands/policy/test.ts";
import { type CredentialFlags, type ProvisionFlags, provision, provisionCredentials } from "./commands/provision.ts";
import { status } from "./commands/status.ts";
import { services, tap } from "./commands/tap.ts";
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
  .command("doctor")
  .description("show what works here and what does not, container by container")
  .action(run(doctor));
program
  .command("claim <unit> <container>")
  .description("give a unit to a container, above all rules")
  .option("--share", "others may have it too")
  .option("--wait", "also for a container that is not there yet")
  .option("--why <text>", "for the audit")
  .action((unit: string, container: string, options: ClaimOptions) =>
    run((context) => changeClaim(context, "claim", unit, container, options))(),
  );
program
  .command("release <unit> [container]")
  .description("end a claim; rules decide again")
  .action((unit: string, container: string | undefined) =>
    run((context) => changeClaim(context, "release", unit, container, {}))(),
  );
program
  .command("move <unit> <container>")
  .description("take a unit from whoever has it and give it to another")
  .option("--from <container>", "only if that one has it now")
  .option("--wait", "also to a container that is not there yet")
  .option("--why <text>", "for the audit")
  .action((unit: string, container: string, options: ClaimOptions) =>
    run((context) => changeClaim(context, "move", unit, container, options))(),
  );
program
  .command("explain <unit>")
  .description("show why a unit goes where it goes")
  .action((unit: string) => run((context) => explain(context, unit))());
program
  .command("events")
  .description("show what was decided and done")
  .option("--since <time>", "how far back: 90s, 15m, 1h, 2d", "1h")
  .option("--all-hosts", "not only this host", false)
  .action((options: { since: string; allHosts: boolean }) => run((context) => events(context, options))());

const policy = program.command("policy").description("look at, test and change the policy");
policy
  .command("check <path>")
  .description("show every error and warning")
  .action((path: string) => finish(checkFile(out, path)));
policy
  .command("test <path>")
  .description("run the cases beside the policy")
  .option("--cases <file>", "the cases, if they lie elsewhere")
  .action((path: string, options: { cases?: string }) => finish(testFile(out, path, options)));
policy
  .command("generate")
  .description("write rules for what is plugged in now")
  .option("--container <name>", "whom they give to")
  .action((options: { container?: string }) => run((context) => generate(context, options))());
policy
  .command("record <unit>")
  .description("write a unit down for a test or a bug report")
  .option("--mask-serials", "hide serial numbers and addresses", false)
  .action((unit: string, options: { maskSerials: boolean }) => run((context) => record(context, unit, options))());
policy
  .command("apply <path>")
  .description("put a policy in force on every host")
  .option("--dry-run", "only show what it would change", false)
  .action((path: string, options: { dryRun: boolean }) => run((context) => apply(context, path, options))());
policy.command("show").description("show the policy in force").action(run(show));

program
  .command("monitor")
  .description("show what happens, live")
  .option("--container <name>", "only what concerns it")
  .action((options: { container?: string }) => run((context) => monitor(context, options))());
program
  .command("tap [subject]")
  .description("show every message on a subject as it is")
  .option("--services", "list the services that answer instead", false)
  .action((subject: string | undefined, options: { services: boolean }) =>
    run((context) => (options.services ? services(context) : tap(context, subject)))(),
  );
program
  .command("provision")
  .description("make or mend the streams and buckets; with --credentials write keys, users and certificates instead")
  .option("--hosts <a,b>", "the hosts, if not only this one")
  .option("--host-mib <n>", "MiB of the server's disk for each host's logs, if not 384")
  .option("--hub <domain>", "on a host's own server: the hub's JetStream domain")
  .option("--leaves <a,b>", "on the hub: the hosts that have servers of their own")
  .option("--replicas <n>", "copies of each", "1")
  .option("--dry-run", "only show the difference", false)
  .option("--credentials <dir>", "where keys, users and certificates go; those that are there are kept")
  .option("--server-names <a,b>", "names and addresses of the servers, if not only localhost, nats, n1, n2, n3")
  .option("--owner <role=uid>", "user id that a role's processes have, if not root's", collect, [])
  .option("--bundles <dir>", "also give each directory in it (capture, …, nats, admin) what that one needs")
  .action((options: ProvisionFlags & Omit<CredentialFlags, "credentials"> & { credentials?: string }) => {
    const { credentials } = options;
    return credentials === undefined
      ? run((context) => provision(context, options))()
      : finish(provisionCredentials(out, { ...options, credentials }));
  });

// `--json` may stand behind the command as well as before it.
for (const command of [...program.commands, ...policy.commands]) {
  command.option("--json", "print JSON").option("--no-color", "print without colours").exitOverride();
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
  // Commander has told people; programs have asked for a document.
  if (wantsJson && error.exitCode !== 0) out.print({ ok: false, error: usageError(error).report() }, () => "");
}
