import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

/** Runs a program of the checkout, as npm would. @returns its last line's document. @throws with what it said when it fails */
async function run(program: string, ...args: string[]) {
  const file = fileURLToPath(new URL(`../../${program}`, import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", file, ...args], {
    env: { ...process.env, NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [output, errors] = [child.stdout.toArray(), child.stderr.toArray()];
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${program}: exit ${code}\n${(await errors).join("")}`);
  return { document: JSON.parse((await output).join("").trim().split("\n").at(-1) ?? "") };
}

test("the demo gives a real device to both owners and to nobody else, and says how long each hop took", async () => {
  const { document } = await run("test/demo/main.ts", "--json");
  expect(document).toMatchObject({
    ok: true,
    device: { devpath: expect.stringMatching(/^\/devices\//), devnum: expect.stringMatching(/^\d+:\d+$/) },
    owners: [
      { userns: false, nodeUsable: true, actions: ["add", "remove"] },
      { userns: true, nodeUsable: true, actions: ["add", "remove"] },
    ],
    bystanders: [
      { node: false, events: 0 },
      { node: false, events: 0 },
    ],
    latency_us: { capture: expect.any(Number), inject: expect.any(Number), total: expect.any(Number) },
  });
});

test("the benchmark measures its three paths, and loses nothing on any", async () => {
  const { document } = await run("test/bench/main.ts", "--json", "--small", "--only", "paths");
  const { kernel, forwarder, udevns } = document.figures.paths;
  for (const path of [kernel, forwarder, udevns]) {
    expect(path.event.median).toBeGreaterThan(0);
    expect([path.burst.lost, path.plugBurst.lost]).toEqual([0, 0]);
  }
});
