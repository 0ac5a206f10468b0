import { describe, expect, test } from "@jest/globals";
import { type AudienceFacts, decideAudience, planTelling } from "../src/audience/audience.ts";

const facts: AudienceFacts = { choice: "auto", control: "missing", init: "sleep", udevdInstalled: false };

describe("who tells the programs of a container", () => {
  test.each<[string, Partial<AudienceFacts>, string]>([
    ["nothing of udev's", {}, "none"],
    ["an image with udev whose first process is a program", { udevdInstalled: true, init: "node" }, "none"],
    ["a system that is booting", { udevdInstalled: true, init: "systemd" }, "coming"],
    ["an init system without udev", { init: "systemd" }, "none"],
    ["a udevd's socket", { control: "socket" }, "udevd"],
    ["the file that we made ourselves", { control: "other" }, "none"],
    ["the label against the socket", { choice: "none", control: "socket" }, "none"],
    ["the label without any sign", { choice: "udevd" }, "udevd"],
  ])("%s", (_, given, expected) => {
    expect(decideAudience({ ...facts, ...given })).toBe(expected);
  });
});

describe("to which groups an event goes", () => {
  const listening = (kernel: boolean, udev: boolean) => ({ kernel, udev });

  test("a udevd hears the kernel's, as soon as it listens", () => {
    expect(planTelling("udevd", listening(false, true))).toBe("wait");
    expect(planTelling("udevd", listening(true, true))).toEqual(["kernel"]);
    expect(planTelling("coming", listening(false, false))).toBe("wait");
    expect(planTelling("coming", listening(true, false))).toEqual(["kernel"]);
  });

  test("without one each group that has listeners hears it, and libudev's if none has", () => {
    expect(planTelling("none", listening(false, false))).toEqual(["udev"]);
    expect(planTelling("none", listening(false, true))).toEqual(["udev"]);
    expect(planTelling("none", listening(true, false))).toEqual(["kernel"]);
    expect(planTelling("none", listening(true, true))).toEqual(["kernel", "udev"]);
  });
});
