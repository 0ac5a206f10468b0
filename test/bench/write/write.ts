import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Report } from "../report.ts";
import { plotGrowth } from "./plot-growth.ts";
import { plotPaths } from "./plot-paths.ts";
import { tables } from "./tables.ts";

const DOCS = fileURLToPath(new URL("../../../docs/", import.meta.url));
const BEGIN = "<!-- written by npm run bench -- --write -->";
const END = "<!-- end of what is written -->";

/** Writes a run into docs/performance.md, and its plots and figures beside it. */
export function writeDocs(report: Report): void {
  const { paths, growth } = report.figures;
  const page = readFileSync(`${DOCS}performance.md`, "utf8");
  const [before, rest = ""] = page.split(BEGIN);
  const [, after] = rest.split(END);
  if (after === undefined) throw new Error(`docs/performance.md has lost the lines that show where to write`);
  mkdirSync(`${DOCS}performance`, { recursive: true });
  writeFileSync(`${DOCS}performance/figures.json`, `${JSON.stringify(report, null, 1)}\n`);
  if (paths !== undefined) writeFileSync(`${DOCS}performance/paths.svg`, plotPaths(paths));
  if (growth !== undefined) writeFileSync(`${DOCS}performance/growth.svg`, plotGrowth(growth));
  writeFileSync(`${DOCS}performance.md`, `${before}${BEGIN}\n\n${tables(report)}\n\n${END}${after}`);
}
