import { expect, test } from "@jest/globals";
import { chooseTransport, type Obstacles } from "../src/choose.ts";
import { transportSetting } from "../src/config.ts";

const both: Obstacles = { netlink: undefined, module: undefined };
const noModule: Obstacles = { netlink: undefined, module: "it is not loaded" };
const noNetlink: Obstacles = { netlink: "before 4.18", module: undefined };
const none: Obstacles = { netlink: "before 4.18", module: "it is not loaded" };

test.each([
  ["auto", both, "netlink"],
  ["auto", noModule, "netlink"],
  ["auto", noNetlink, "module"],
  ["netlink", both, "netlink"],
  ["module", both, "module"],
] as const)("%s takes mainline's way where it can: %o", (setting, obstacles, kind) => {
  expect(chooseTransport(setting, obstacles)).toBe(kind);
});

test.each([
  ["auto", none, "netlink: before 4.18; module: it is not loaded"],
  ["netlink", noNetlink, "netlink: before 4.18"],
  ["module", noModule, "module: it is not loaded"],
] as const)("%s takes no other way than asked for", (setting, obstacles, detail) => {
  expect(() => chooseTransport(setting, obstacles)).toThrow(
    expect.objectContaining({ code: "UDEVNS_E_TRANSPORT", message: expect.stringContaining(detail) }),
  );
});

test("the setting is one of three words, auto where there is none", () => {
  expect(transportSetting({})).toBe("auto");
  expect(transportSetting({ UDEVNS_TRANSPORT: "module" })).toBe("module");
  expect(() => transportSetting({ UDEVNS_TRANSPORT: "fast" })).toThrow(
    expect.objectContaining({ code: "UDEVNS_E_CONFIG", message: expect.stringContaining('"fast" is none of') }),
  );
});
