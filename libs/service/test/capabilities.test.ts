import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import type { ServiceRole } from "@udevns/protocol";
import { parse } from "yaml";
import { capabilitiesOf, checkCapabilities } from "../src/capabilities.ts";

const roles = Object.keys(capabilitiesOf) as ServiceRole[];
const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const NONE = "CapEff:\t0000000000000000\n";
const sorted = (names: readonly string[]) => [...names].sort();

describe.each(roles)("%s", (role) => {
  test("gets what it needs, and no more, from compose.yaml", () => {
    const { services } = parse(read("compose.yaml"), { merge: true }) as {
      services: Record<string, { cap_drop: string[]; cap_add?: string[] }>;
    };
    expect(services[role]?.cap_drop).toEqual(["ALL"]);
    expect(sorted((services[role]?.cap_add ?? []).map((name) => `CAP_${name}`))).toEqual(sorted(capabilitiesOf[role]));
  });

  test("and from its systemd unit", () => {
    const directory = `infra/systemd/udevns@${role}.service.d`;
    const text = readdirSync(new URL(`../../../${directory}`, import.meta.url))
      .map((name) => read(`${directory}/${name}`))
      .join("\n");
    const given = /^CapabilityBoundingSet=(.*)$/m.exec(text)?.[1] ?? "";
    // LXC's directories are the host's: inventory in a container does not see them.
    const here = role === "inventory" ? ["CAP_DAC_READ_SEARCH"] : [];
    expect(sorted(given.split(" ").filter(Boolean))).toEqual(sorted([...capabilitiesOf[role], ...here]));
    expect(read("infra/systemd/udevns@.service")).toMatch(/^CapabilityBoundingSet=$/m);
  });
});

test("what is missing is named", () => {
  expect(() => checkCapabilities("injector", {}, "CapEff:\t0000000000000080\n")).toThrow(
    expect.objectContaining({
      code: "UDEVNS_E_RIGHTS",
      fields: { what: "udevns injector", need: "CAP_NET_ADMIN, CAP_SETGID, CAP_SYS_ADMIN, CAP_SYS_PTRACE" },
    }),
  );
  expect(() => checkCapabilities("injector", {}, "CapEff:\t000001ffffffffff\n")).not.toThrow();
  expect(() => checkCapabilities("policy", {}, NONE)).not.toThrow();
});

test("capture needs one where nobody gives it the socket", () => {
  expect(() => checkCapabilities("capture", {}, NONE)).toThrow(expect.objectContaining({ code: "UDEVNS_E_RIGHTS" }));
  for (const given of [{ UDEVNS_UEVENT_FD: "3" }, { UDEVNS_UEVENT_KEEPER: "/run/udevns/keeper.sock" }])
    expect(() => checkCapabilities("capture", given, NONE)).not.toThrow();
});
