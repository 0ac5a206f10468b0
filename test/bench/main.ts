import { parseArgs } from "node:util";
import { profile } from "./profile/profile.ts";
import { showProfile } from "./profile/show-profile.ts";
import { bench } from "./report.ts";
import { showReport } from "./show.ts";
import { full, type Part, parts, small } from "./sizes.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    /** Parts, separated by commas. */
    only: { type: "string", default: parts.join() },
    /** `lxd`, which must be installed (infra/setup bench). */
    with: { type: "string", default: "" },
    /** Tries the benchmark itself; the figures mean nothing. */
    small: { type: "boolean", default: false },
    /** Where the time goes, service by service, instead of how much of it. */
    profile: { type: "boolean", default: false },
  },
});
const sizes = values.small ? small : full;
const print = <T>(report: T, show: (report: T) => string) =>
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : show(report));

if (values.profile) print(await profile(sizes.paths), showProfile);
else {
  const say = (part: string) => process.stderr.write(`${part}\n`);
  print(await bench(chosen(values.only), sizes, { lxd: values.with === "lxd", say }), showReport);
}

function chosen(only: string): Part[] {
  const names = only.split(",");
  const unknown = names.filter((name) => !parts.includes(name as Part));
  if (unknown.length === 0) return names as Part[];
  process.stderr.write(`there is no part ${unknown.join()}; there are ${parts.join()}\n`);
  process.exit(2);
}
