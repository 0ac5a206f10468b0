import { expect, test } from "@jest/globals";
import { hostPidSpace, isInside, spacesOf } from "../src/spaces.ts";

const HOST = "pid:[1]";
const own = { mnt: "mnt:[2]", pid: "pid:[2]" };
const other = { mnt: "mnt:[9]", pid: "pid:[9]" };

test.each(["mnt", "pid"] as const)("a process is the container's by its %s namespace", (kind) => {
  expect(isInside({ ...other, [kind]: own[kind] }, own, HOST)).toBe(true);
  expect(isInside(other, own, HOST)).toBe(false);
});

test("in a container in the host's pid namespace, that one does not count", () => {
  const sharing = { ...own, pid: HOST };
  expect(isInside({ ...other, pid: HOST }, sharing, HOST)).toBe(false);
  expect(isInside({ ...own, pid: HOST }, sharing, HOST)).toBe(true);
});

test("the host's pid namespace is pid 1's; where that is hidden, ours", () => {
  let expected = spacesOf("self").pid;
  try {
    expected = spacesOf(1).pid;
  } catch {
    // Hidden here.
  }
  expect(hostPidSpace()).toBe(expected);
});
