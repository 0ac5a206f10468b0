import {
  bucketCatalogue,
  buckets,
  type CatalogueRow,
  hostStreams,
  messageCatalogue,
  schemas,
  sharedStreams,
} from "../src/index.ts";
import { fieldRows } from "./field-rows.ts";
import { questions } from "./questions.ts";

const markdown = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

const code = (text: string): string => `\`${text}\``;
const link = (schema: CatalogueRow["schema"]): string => (schema === undefined ? "" : `[${schema}](#${schema})`);
const size = (bytes: number): string => `${bytes / 1024 / 1024} MiB`;

/** docs/subjects.md, made from the schemas, the subjects and the streams as they are. */
export function subjectsPage(): string {
  const messages = messageCatalogue.map((row) => [
    code(`udevns.v1.${row.subject}`),
    link(row.schema),
    row.about,
    row.by,
    row.for,
    row.kept === "nowhere" ? "nowhere" : code(row.kept),
  ]);
  const entries = bucketCatalogue.map((row) => [
    code(row.kept),
    code(row.subject),
    link(row.schema),
    row.about,
    row.by,
    row.for,
  ]);
  const streams = [...hostStreams("<host>"), ...sharedStreams].map((plan) => [
    code(plan.name.replace("=3Chost=3E", "<host>")),
    plan.subjects.map((subject) => code(subject.replace("=3Chost=3E", "<host>"))).join(" "),
    size(plan.maxBytes),
    `${plan.maxAgeSeconds / 3600} h`,
  ]);
  const kept = buckets.map((plan) => [code(plan.name), String(plan.history), size(plan.maxBytes), plan.description]);
  const payloads = Object.entries(schemas).map(
    ([name, schema]) => `### ${name}\n\n${markdown(["field", "type"], fieldRows(schema))}`,
  );
  return `${[
    "# Subjects and payloads",
    "<!-- Made by `npm run docs`; a test sees to it that it is up to date. -->",
    INTRODUCTION,
    "## Messages",
    markdown(["subject", "payload", "what", "written by", "read by", "kept in"], messages),
    "## Buckets",
    markdown(["bucket", "key", "payload", "what", "written by", "read by"], entries),
    "## Streams",
    markdown(["stream", "subjects", "at most", "for"], streams),
    "A bucket is the stream `KV_<bucket>` with the subjects `$KV.<bucket>.>`:",
    markdown(["bucket", "history", "at most", "holds"], kept),
    QUESTIONS,
    "## Payloads",
    "JSON, checked at both ends. A field with `?` may be missing.",
    ...payloads,
  ].join("\n\n")}\n`;
}

const INTRODUCTION = `Every subject is \`udevns.v1.<kind>.<host>.<…>\`. A name becomes one token: \`[A-Za-z0-9_-]\` stay, any other
byte is \`=XX\` (\`web.1\` is \`web=2E1\`), a long one is cut and closed with a hash. Each host has three logs with exactly one writer
each; the writer states the sequence it expects, so that the server refuses a second one.`;

const QUESTIONS = `## Questions and their lines

The NATS CLI needs a key: \`export NATS_NKEY=/var/lib/udevns/credentials/admin.nk\` for the server of \`udevns up\` (as root), in compose
\`docker compose --profile debug run --rm nats-box\`, which has the viewer's.

${markdown(
  ["question", "with the NATS CLI", "without"],
  questions.map(({ question, nats, udevns }) => [question, code(nats), udevns === undefined ? "" : code(udevns)]),
)}

Each is tried against a real server (\`test/cluster/questions.test.ts\`). With keys, name the user's own inbox too:
\`nats --nkey viewer.nk --tlsca ca.pem --inbox-prefix _INBOX_viewer …\`, \`NATS_NKEY=viewer.nk NATS_CA=ca.pem
UDEVNS_INBOX_PREFIX=_INBOX_viewer udevns …\`. At a hub \`admin\` reaches a leaf's own logs by \`nats --js-domain leaf-a …\` and
\`UDEVNS_JS_DOMAIN=leaf-a udevns …\`.`;
