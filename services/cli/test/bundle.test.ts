import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { serviceRoles } from "@udevns/protocol";
import { placed } from "../src/supervisor/bundle.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const run = (script: string) => execFileSync(process.execPath, ["--import", "tsx", "-e", script], { cwd: root });

test("every file that looks for its neighbours is told its own place in a bundle", () => {
  const found = execFileSync("grep", ["-rl", "import\\.meta", "--include=*.ts", "libs", "native/src", "services"], {
    cwd: root,
    encoding: "utf8",
  });
  const ours = found
    .trim()
    .split("\n")
    .filter((file) => /\/src\//.test(file) && !file.startsWith("services/cli/"));
  expect(ours.sort()).toEqual([...placed].sort());
});

test("a bundled service runs, and says its errors as from its sources", () => {
  const directory = mkdtempSync(join(tmpdir(), "udevns-bundle-"));
  try {
    const module = JSON.stringify(join(root, "services/cli/src/supervisor/bundle.ts"));
    run(`import(${module}).then(({ bundle }) => bundle(${JSON.stringify(directory)}))`);
    for (const role of serviceRoles) {
      const env = { PATH: process.env.PATH, NATS_CREDS: "/none", NATS_URL: "nats://127.0.0.1:1" };
      const said = () => execFileSync(process.execPath, [join(directory, `services/${role}/src/main.mjs`)], { env });
      expect(said).toThrow(expect.objectContaining({ status: 78 }));
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
