import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Throwaway } from "../support/throwaway.ts";
import { startAttack } from "./support/attacker.ts";
import { inside, kinds, lookAt, startSpecial } from "./support/containers.ts";
import { openWorkbench, targetFor, zeroAt } from "./support/workbench.ts";

const bench = openWorkbench();
/** A file of the host that the container sees and cannot write. */
let victim: string;
let container: Throwaway;
beforeEach(() => {
  victim = join(mkdtempSync(join(tmpdir(), "udevns-victim-")), "file");
  writeFileSync(victim, "the host's\n", { mode: 0o600 });
});
afterEach(async () => {
  await container?.stop();
  rmSync(join(victim, ".."), { recursive: true });
});
afterAll(() => bench.close());

const isUntouched = () => {
  const { mode, uid, gid } = statSync(victim);
  return mode === 0o100600 && uid === 0 && gid === 0 && readFileSync(victim, "utf8") === "the host's\n";
};

const NODE = "/dev/input/event7";
const impostors = [
  { what: "a FIFO", make: `mkfifo ${NODE}` },
  { what: "a socket", make: `perl -MSocket -e 'socket(S,AF_UNIX,SOCK_DGRAM,0); bind(S,pack_sockaddr_un("${NODE}"))'` },
  { what: "a regular file", make: `echo theirs > ${NODE}` },
  { what: "a directory", make: `mkdir ${NODE}` },
  { what: "a symlink to a file of the host", make: `ln -s VICTIM ${NODE}` },
];

describe.each(kinds)("in a $kind container", ({ userns }) => {
  test.each(impostors)(
    "$what in the node's place is neither followed, opened, changed nor removed",
    async (impostor) => {
      container = await startSpecial({ userns, prepare: "mkdir /mnt/input" });
      await inside(container, impostor.make.replace("VICTIM", victim));
      const before = await inside(container, `stat -c '%i %a %u %F' ${NODE}`);
      expect(await bench.give(targetFor(container), zeroAt("input/event7"))).toBe("UDEVNS_E_NODE_EXISTS");
      expect(await inside(container, `stat -c '%i %a %u %F' ${NODE}`)).toBe(before);
      expect(isUntouched()).toBe(true);
    },
  );

  test.each(impostors)("$what put there after the node was made is not ours to remove", async (impostor) => {
    container = await startSpecial({ userns, prepare: "mkdir /mnt/input" });
    const target = targetFor(container);
    expect(await bench.give(target, zeroAt("input/event7"))).toBe("done");
    expect(await lookAt(container, NODE)).toBe("character special file 1:5");
    await inside(container, `umount ${NODE} 2>/dev/null; rm ${NODE}; ${impostor.make.replace("VICTIM", victim)}`);
    const before = await inside(container, `stat -c '%i %F' ${NODE}`);
    expect(await bench.take(target)).toBe("done");
    expect(await inside(container, `stat -c '%i %F' ${NODE}`)).toBe(before);
    expect(isUntouched()).toBe(true);
  });

  // CVE-2015-1340 (LXD): a chmod by name, raced with a symlink, changes a file of the host's.
  test("a symlink to the host put there the moment the node appears gets neither owner nor mode", async () => {
    container = await startSpecial({ userns, prepare: "mkdir /mnt/input" });
    const target = targetFor(container);
    const attack = await startAttack(container, "replace", NODE, victim);
    for (let round = 0; round < 50; round += 1) {
      if ((await bench.give(target, zeroAt("input/event7", { mode: 0o666 }))) === "done") await bench.take(target);
      // What the attack left in the place would keep the next round from making anything.
      await container.run(`umount -l ${NODE}; rm -f ${NODE}`);
    }
    await attack.stop();
    expect(isUntouched()).toBe(true);
  });
});
