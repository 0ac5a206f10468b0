// Adds up jest's reports in a folder and prints the line that closes every test run: `N passed, N failed`.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
const reports = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
const sum = (pick) => reports.reduce((total, report) => total + pick(report), 0);

const passed = sum((report) => report.numPassedTests);
// A file that does not even load has no tests to count, and a skipped test is one that nobody ran.
const failed = sum(
  (report) => report.numFailedTests + report.numRuntimeErrorTestSuites + report.numPendingTests + report.numTodoTests,
);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
