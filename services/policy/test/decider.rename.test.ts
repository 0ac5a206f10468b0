import { expect, test } from "@jest/globals";
import { container, decider, hear, held, inWords, order, policy } from "./support/host.ts";
import { event } from "./support/stick.ts";

/** A radio, which `iw phy` renames, and the switch that hangs below it. */
const OLD = "/devices/virtual/mac80211_hwsim/hwsim0/ieee80211/phy0";
const NEW = "/devices/virtual/mac80211_hwsim/hwsim0/ieee80211/radio";
const SWITCH = "rfkill0";
const radios = policy(`{ name: radios, match: { subsystem: ieee80211 }, give: { container: web } }`);
const move = event("move", NEW, "ieee80211", 9, { properties: { DEVPATH_OLD: OLD, INDEX: "3" } });

const start = () => {
  const host = decider(radios, container("web"));
  hear(host, [
    event("add", OLD, "ieee80211", 1, { properties: { INDEX: "0" } }),
    event("add", `${OLD}/${SWITCH}`, "rfkill", 2),
  ]);
  host.checkpoint();
  return host;
};

test("the owner is told of the move in the kernel's words, and keeps what it has under the new name", () => {
  const host = start();
  const reactions = hear(host, [move]);
  expect(inWords(reactions)).toEqual(["tell web radio"]);
  expect(order("tell", reactions).uevent.properties).toMatchObject({ ACTION: "move", DEVPATH_OLD: OLD });
  expect(order("tell", reactions).device).toMatchObject({ devpath: NEW, properties: { INDEX: "3" } });
  expect(host.grants.get(NEW, "web")).toMatchObject({ unit: NEW, device: { devpath: NEW } });
  expect(host.grants.get(OLD, "web")).toBeUndefined();
});

test("what hangs below goes along, which the kernel does not tell of", () => {
  const host = start();
  hear(host, [move]);
  expect(held(host)).toEqual(["web radio", "web rfkill0"]);
  expect(host.grants.get(`${NEW}/${SWITCH}`, "web")).toMatchObject({ unit: NEW });
});

test("removed under the new name it is taken, children first, and nothing stays", () => {
  const host = start();
  hear(host, [move]);
  const removed = hear(host, [
    event("remove", `${NEW}/${SWITCH}`, "rfkill", 10),
    event("remove", NEW, "ieee80211", 11),
  ]);
  expect(inWords(removed)).toEqual(["take web rfkill0", "take web radio"]);
  expect(held(host)).toEqual([]);
  expect(inWords(host.replanAll("start:1"))).toEqual([]);
});

test("the checkpoint drops every old name and writes every new one", () => {
  const host = start();
  hear(host, [move]);
  const { devices, grants } = host.checkpoint();
  expect(Array.from(devices, ([devpath, device]) => [devpath, device !== undefined]).sort()).toEqual([
    [OLD, false],
    [`${OLD}/${SWITCH}`, false],
    [NEW, true],
    [`${NEW}/${SWITCH}`, true],
  ]);
  expect(Array.from(grants.values(), ({ grant, gone }) => [grant.device.devpath, !gone]).sort()).toEqual([
    [OLD, false],
    [`${OLD}/${SWITCH}`, false],
    [NEW, true],
    [`${NEW}/${SWITCH}`, true],
  ]);
});

test("a rename that another rule is about gives the device away, once its owner knows the name that it is taken under", () => {
  const rules = policy(
    `{ name: renamed, match: { subsystem: ieee80211, kernel: radio }, give: { container: db } }`,
    `{ name: radios, match: { subsystem: ieee80211 }, give: { container: web } }`,
  );
  const host = decider(rules, container("web"), container("db"));
  hear(host, [event("add", OLD, "ieee80211", 1, { properties: { INDEX: "0" } })]);
  expect(inWords(hear(host, [move]))).toEqual(["tell web radio", "take web radio", "give db radio"]);
});

test("who has only what hangs below loses it under the names that it knows, children first, and gets it under the others", () => {
  const give = "container: web, only: [{ subsystem: rfkill }, { subsystem: leds }]";
  const host = decider(
    policy(`{ name: radios, match: { subsystem: ieee80211 }, give: { ${give} } }`),
    container("web"),
  );
  hear(host, [
    event("add", OLD, "ieee80211", 1, { properties: { INDEX: "0" } }),
    event("add", `${OLD}/${SWITCH}`, "rfkill", 2),
    event("add", `${OLD}/${SWITCH}/lamp`, "leds", 3),
  ]);
  const reactions = hear(host, [move]);
  expect(inWords(reactions)).toEqual(["take web lamp", "take web rfkill0", "give web rfkill0", "give web lamp"]);
  expect(order("take", reactions, 1).device.devpath).toBe(`${OLD}/${SWITCH}`);
  expect(order("give", reactions).device.devpath).toBe(`${NEW}/${SWITCH}`);
});
