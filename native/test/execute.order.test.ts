import { describe, expect, test } from "@jest/globals";
import { executeIn } from "../src/index.ts";
import { type Kind, kinds } from "./support/container.ts";
import { useContainer } from "./support/visit.ts";

describe.each(kinds)("in a %s container", (kind: Kind) => {
  const visit = useContainer(kind);

  test("what may fail does not keep the rest from being done", async () => {
    const made = { mode: 0o755, ...visit.owned() };
    const outcomes = await executeIn(visit.container.target, [
      { op: "mkdir", path: "mnt/none/below", ...made, mayFail: true },
      { op: "mkdir", path: "mnt/dev/after", ...made },
      { op: "mkdir", path: "mnt/none/below", ...made },
      { op: "mkdir", path: "mnt/dev/never-made", ...made, mayFail: true },
    ]);
    expect(outcomes).toMatchObject([
      { ok: false, error: { code: "ENOENT" } },
      { ok: true, result: { created: true } },
      { ok: false, error: { code: "ENOENT" } },
      { ok: false, skipped: true },
    ]);
  });

  test("operations stop at the first error; the rest is skipped", async () => {
    const mkdir = { op: "mkdir", mode: 0o755, ...visit.owned() } as const;
    const outcomes = await executeIn(visit.container.target, [
      { ...mkdir, path: "mnt/first" },
      { ...mkdir, path: "mnt/none/second" },
      { ...mkdir, path: "mnt/third" },
    ]);
    expect(outcomes).toEqual([
      { ok: true, result: expect.objectContaining({ created: true }) },
      { ok: false, error: expect.objectContaining({ code: "ENOENT" }) },
      { ok: false, skipped: true },
    ]);
    expect(await visit.run({ op: "stat", path: "mnt/third" })).toEqual({ exists: false });
  });
});
