import { expect, test } from "@jest/globals";
import { parseListeners } from "@udevns/uevent";

/** As Linux 6.1 prints it: NETLINK_ROUTE is 0, NETLINK_KOBJECT_UEVENT 15, NETLINK_GENERIC 16. */
const HEADER = "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n";
const KERNEL = "0000000000000000 15  0          00000000 0        0        0     2        0        17      \n";
const UDEVD = "0000000000000000 15  211        00000001 4352     0        0     2        3        20917   \n";
const LIBUDEV = "0000000000000000 15  4026531840 00000002 0        0        0     2        0        20918   \n";
const BOTH = "000000007b6b3c2a 15  77         00000003 212992   0        0     2        4294967295 9     \n";
const ROUTE = "0000000000000000 0   211        00000551 768      0        0     2        0        20911   \n";
const GENERIC = "0000000000000000 16  211        00000001 0        0        0     2        0        20912   \n";

test("nobody listens where there is no socket", () => {
  expect(parseListeners("")).toEqual([]);
  expect(parseListeners(HEADER)).toEqual([]);
});

test("the kernel's own socket, and those of other protocols, do not listen for uevents", () => {
  expect(parseListeners(HEADER + KERNEL + ROUTE + GENERIC)).toEqual([]);
});

test("who listens, to whom, what waits and what was lost", () => {
  expect(parseListeners(HEADER + ROUTE + KERNEL + UDEVD + LIBUDEV + BOTH)).toEqual([
    { portId: 211, groups: 1, unreadBytes: 4352, drops: 3 },
    { portId: 4026531840, groups: 2, unreadBytes: 0, drops: 0 },
    { portId: 77, groups: 3, unreadBytes: 212992, drops: 4294967295 },
  ]);
});

test("groups are hexadecimal", () => {
  expect(parseListeners(UDEVD.replace("00000001", "00000010"))[0]?.groups).toBe(16);
  expect(parseListeners(UDEVD.replace("00000001", "ffffffff"))[0]?.groups).toBe(0xffffffff);
});

test("a last line without its end, and one that was cut, do no harm", () => {
  expect(parseListeners(UDEVD.trimEnd())).toHaveLength(1);
  expect(parseListeners(`${HEADER}0000000000000000 15  211`)).toEqual([]);
});
