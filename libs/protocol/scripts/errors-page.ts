import { errorTable } from "../src/index.ts";

/** docs/errors.md, made from the error table. */
export function errorsPage(): string {
  const rows = Object.entries(errorTable).map(([code, { message, mend, exit, retry }]) => {
    const cell = (text: string) => text.replace(/\|/g, "\\|");
    return `| \`${code}\` | ${cell(message)} | ${cell(mend)} | ${exit} | ${retry ? "yes" : "no"} |`;
  });
  return `# Errors

Every error has a code. \`{…}\` stands for what the error names; *exit* is the exit code of a command that ends by it; *retry* says
whether the same again may succeed. Made from \`libs/protocol/src/error-table.ts\` by \`npm run docs\`.

| code | message | mend | exit | retry |
|---|---|---|---|---|
${rows.join("\n")}
`;
}
