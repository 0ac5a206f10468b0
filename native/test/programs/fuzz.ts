// Calls everything with anything, in a mount namespace and a directory of its own. argv: the directory, a seed, calls.
// It shall end by itself: whatever is wrong is an error that is thrown.
import { openSync } from "node:fs";
import fc from "fast-check";
import { binding } from "../../src/binding.ts";
import * as native from "../../src/index.ts";

const [directory = "", seed = "1", calls = "500"] = process.argv.slice(2);
const root = openSync(directory, "r");
// What takes a path of its own finds it here, and not in the checkout.
process.chdir(directory);
const closed = 999;

const number = fc.oneof(
  fc.integer({ min: -3, max: 20 }),
  fc.constantFrom(closed, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, 0.5, -0),
);
const name = fc.constantFrom("a", "b", "a/b", "a/b/c", "..", "", "/", "a\0b", "x".repeat(300), "\u{1f419}");
const identity = fc.record({ dev: fc.bigInt(), ino: fc.bigInt() });
const junk = fc.oneof(number, name, fc.bigInt(), fc.constantFrom(undefined, null, true), fc.object({ maxDepth: 1 }));
const mostly = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 9, arbitrary }, { weight: 1, arbitrary: junk });

const operation = fc.record({
  op: mostly(
    fc.constantFrom(
      ...["stat", "mkdir", "mknod", "bind", "unbind", "unlink", "rmdir", "symlink", "readlink"],
      ...["readFile", "writeFile", "readDir", "open", "openFiles", "members", "expect", "revoke", "none"],
    ),
  ),
  path: mostly(name),
  to: mostly(name),
  mark: mostly(fc.constantFrom("", "1:2:3:", "not a mark")),
  confined: fc.boolean(),
  type: mostly(fc.constantFrom("c", "b")),
  mode: mostly(fc.constantFrom(0o600, 0o7777)),
  uid: mostly(fc.constantFrom(0, 5, 2 ** 32 - 1)),
  gid: mostly(fc.constantFrom(0, 5, 2 ** 32 - 1)),
  major: mostly(fc.nat({ max: 5000 })),
  minor: mostly(fc.nat()),
  expect: mostly(identity),
  mountPoint: mostly(identity),
  data: mostly(fc.uint8Array({ maxLength: 50 })),
  maxBytes: mostly(fc.nat({ max: 100 })),
  maxEntries: mostly(fc.nat({ max: 10 })),
  directoryFd: number,
  source: mostly(name),
  keep: fc.boolean(),
  mayFail: fc.boolean(),
  pidfd: number,
  fd: number,
});
const target = fc.record({
  pidfd: fc.record({ fd: number, pid: number }),
  rootUid: number,
  rootGid: number,
  confine: fc.option(
    fc.record({
      uids: fc.array(fc.record({ outside: number, count: number }), { maxLength: 2 }),
      gids: fc.array(fc.record({ outside: number, count: number }), { maxLength: 2 }),
      avoid: fc.array(identity, { maxLength: 2 }),
    }),
    { nil: undefined },
  ),
});

type Call = (...values: never[]) => unknown;
/** Not those that would close or unmount what this process stands on. */
const spared = new Set(["closeFd", "mountTmpfs", "unmount", "sdNotify", "execute"]);
const pure = [
  native.openPidfd,
  native.readProcess,
  native.openUeventSocket,
  native.openUeventMonitor,
  native.openUeventSender,
  native.attachedPrograms,
  native.deviceMapOf,
  native.moveLink,
  native.linkName,
  native.parseIdMap,
  native.parseCgroups,
  native.parseStartTime,
  native.parseNamespace,
] as unknown as readonly Call[];
const raw = Object.entries(binding as unknown as Record<string, Call>).filter(([key]) => !spared.has(key));

const kinds = new Map<string, number>();
const note = (error: unknown) => {
  if (!(error instanceof Error)) throw new Error(`thrown, and no error: ${String(error)}`);
  kinds.set(error.name, (kinds.get(error.name) ?? 0) + 1);
};

const sample = <T>(arbitrary: fc.Arbitrary<T>) => fc.sample(arbitrary, { numRuns: Number(calls), seed: Number(seed) });
for (const operations of sample(fc.array(operation, { maxLength: 3 }))) {
  try {
    const outcomes = await native.executeHere(root, operations as never, { timeoutMs: 2_000 });
    for (const outcome of outcomes as native.OperationOutcome[])
      if (outcome.ok && "fd" in outcome.result) native.closeFd(outcome.result.fd);
  } catch (error) {
    note(error);
  }
}
for (const [into, operations] of sample(fc.tuple(target, fc.array(operation, { maxLength: 2 })))) {
  await native.executeIn(into as never, operations as never).catch(note);
}
for (const values of sample(fc.array(junk, { maxLength: 6 }))) {
  for (const call of pure) attempt(call, values);
  for (const [, call] of raw) attempt(call, values);
}

function attempt(call: Call, values: readonly unknown[]): void {
  try {
    const made = call(...(values as never[]));
    if (typeof made === "object" && made !== null && "close" in made) (made as { close(): void }).close();
  } catch (error) {
    note(error);
  }
}

console.log(JSON.stringify(Object.fromEntries(kinds)));
process.exit(0);
