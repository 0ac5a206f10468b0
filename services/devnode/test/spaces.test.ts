import { expect, test } from "@jest/globals";
import { hostPidSpace, isInside, spacesOf } from "../src/spaces.ts";

const HOST = "pid:[1]";
const own = { mnt: "mnt:[2]", pid: "pid:[2]" };

test("a process is the container's by either namespace", () => {
  expect(isInside({ mnt: "mnt:[9]", pid: own.pid }, own, HOST)).toBe(true);
  expect(isInside({ mnt: own.mnt, pid: "pid:[9]" }, own, HOST)).toBe(true);
  expect(isInside({ mnt: "mnt:[1]", pid: HOST }, own, HOST)).toBe(false);
});

test("in a container in the host's pid namespace, only its mount namespace counts", () => {
  const sharing = { mnt: "mnt:[2]", pid: HOST };
  expect(isInside({ mnt: "mnt:[1]", pid: HOST }, sharing, HOST)).toBe(false);
  expect(isInside({ mnt: "mnt:[2]", pid: HOST }, sharing, HOST)).toBe(true);
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
