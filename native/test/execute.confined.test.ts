import { describe, expect, test } from "@jest/globals";
import { executeIn, type Operation } from "../src/index.ts";
import { type Kind, kinds } from "./support/container.ts";
import { useContainer } from "./support/visit.ts";

describe.each(kinds)("in a %s container", (kind: Kind) => {
  const visit = useContainer(kind);
  const identityOf = async (path: string) => {
    const seen = await visit.run({ op: "stat", path });
    return seen.exists ? { dev: seen.dev, ino: seen.ino } : { dev: 0n, ino: 0n };
  };

  test.each([
    ["unlink", "touch /mnt/host/it"],
    ["rmdir", "mkdir /mnt/host/it"],
  ] as const)("%s leaves what lies in a directory of the host's where it is told so", async (op, make) => {
    visit.container.inside(`mkdir -p /mnt/host; mount -t tmpfs none /mnt/host; ${make}`);
    const { dev } = await identityOf("mnt/host");
    const expected = await identityOf("mnt/host/it");
    const target = { ...visit.container.target, confine: { uids: [], gids: [], avoid: [{ dev, ino: 0n }] } };
    const remove = async (confined: boolean) => {
      const operation: Operation = { op, path: "mnt/host/it", expect: expected, confined };
      return (await executeIn(target, [operation]))[0];
    };
    expect(await remove(true)).toMatchObject({ ok: false, error: { code: "EXDEV" } });
    expect(visit.container.inside("ls /mnt/host").trim()).toBe("it");
    expect(await remove(false)).toMatchObject({ ok: true, result: { found: "ours" } });
  });

  test("unbind does too, with the mount and with what is below it", async () => {
    visit.container.inside(
      "mkdir -p /mnt/over; mount -t tmpfs none /mnt/over; touch /mnt/over/it /mnt/src; mount --bind /mnt/src /mnt/over/it",
    );
    const { dev } = await identityOf("mnt/over");
    const target = { ...visit.container.target, confine: { uids: [], gids: [], avoid: [{ dev, ino: 0n }] } };
    const mountPoint = { dev: 0n, ino: 0n };
    const unbind: Operation = {
      op: "unbind",
      path: "mnt/over/it",
      expect: await identityOf("mnt/over/it"),
      mountPoint,
    };
    const [left] = await executeIn(target, [{ ...unbind, confined: true }]);
    expect(left).toMatchObject({ ok: false, error: { code: "EXDEV" } });
    expect(visit.container.inside("mountpoint -q /mnt/over/it && echo mounted").trim()).toBe("mounted");
    expect((await executeIn(target, [unbind]))[0]).toMatchObject({ result: { found: "ours" } });
  });
});
