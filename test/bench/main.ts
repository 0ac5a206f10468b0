import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { profile } from "./profile/profile.ts";
import { showProfile } from "./profile/show-profile.ts";
import { bench, type Report } from "./report.ts";
import { showReport } from "./show.ts";
import { full, type Part, parts, small } from "./sizes.ts";
import { writeDocs } from "./write/write.ts";

const SETUP = fileURLToPath(new URL("../../infra/setup", import.meta.url));

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    /** Parts, separated by commas. */
    only: { type: "string", default: parts.join() },
    /** `lxd`: LXD beside udevns; it is installed. */
    with: { type: "string", default: "" },
    /** Tries the benchmark itself; the figures mean nothing. */
    small: { type: "boolean", default: false },
    /** Into docs/performance.md. */
    write: { type: "boolean", default: false },
    /** Shows, or writes, what an earlier run printed with --json. */
    from: { type: "string" },
    /** Where the time goes, service by service, instead of how much of it. */
    profile: { type: "boolean", default: false },
  },
});
const sizes = values.small ? small : full;
// What is to be done at the end is done then too.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const print = <T>(report: T, show: (report: T) => string) =>
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : show(report));

if (values.profile) print(await profile(sizes.paths), showProfile);
else {
  const report =
    values.from === undefined ? await measure() : (JSON.parse(readFileSync(values.from, "utf8")) as Report);
  print(report, showReport);
  if (values.write) writeDocs(report);
}

async function measure(): Promise<Report> {
  const lxd = values.with === "lxd";
  if (lxd) execFileSync(SETUP, ["bench"], { stdio: "inherit" });
  const say = (line: string) => process.stderr.write(`${line}\n`);
  return await bench(chosen(values.only), sizes, { lxd, say });
}

function chosen(only: string): Part[] {
  const names = only.split(",");
  const unknown = names.filter((name) => !parts.includes(name as Part));
  if (unknown.length === 0) return names as Part[];
  process.stderr.write(`there is no part ${unknown.join()}; there are ${parts.join()}\n`);
  process.exit(2);
}
