import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, jest, test } from "@jest/globals";

/** `UDEVNS_FUZZ_SECONDS=600` goes on for ten minutes; else it is brief. `native/asan.sh` runs the same under AddressSanitizer. */
const seconds = Number(process.env.UDEVNS_FUZZ_SECONDS ?? 0);
jest.setTimeout(180_000 + seconds * 2_000);

test("whatever the arguments, what is wrong is thrown and nothing crashes", async () => {
  const program = fileURLToPath(new URL("programs/fuzz.ts", import.meta.url));
  const directory = mkdtempSync(join(tmpdir(), "udevns-fuzz-"));
  const end = Date.now() + seconds * 1_000;
  try {
    for (let seed = 1; seed === 1 || Date.now() < end; seed += 1) {
      const script = `mount -t tmpfs none ${directory} && exec "$@"`;
      const wrap = ["--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", script, "sh"];
      const node = [process.execPath, "--import", "tsx", program, directory, String(seed), "200"];
      const child = spawn("unshare", [...wrap, ...node], {
        env: { ...process.env, NODE_OPTIONS: "" },
        stdio: ["ignore", "pipe", "inherit"],
      });
      const output = child.stdout.toArray();
      const [code, signal] = await once(child, "exit");
      expect({ seed, code, signal }).toEqual({ seed, code: 0, signal: null });
      const thrown = JSON.parse((await output).join("")) as Record<string, number>;
      expect(thrown.NativeError).toBeGreaterThan(0);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
