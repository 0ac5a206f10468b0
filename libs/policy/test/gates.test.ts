import { describe, expect, test } from "@jest/globals";
import {
  checkPolicy,
  containerFromSketch,
  explain,
  formatDiagnostic,
  formatExplanation,
  gateFor,
  parsePolicy,
} from "../src/index.ts";
import { example, policy, situation } from "./support.ts";

const RULES = "rules: [{ name: all, match: { subsystem: usb }, give: { container: web } }]";
const source = (gates: string, file = "p.yaml") => ({ file, text: `version: 1\n${gates}\n${RULES}\n` });
const policyOf = (...gates: string[]) => {
  const parsed = parsePolicy(gates.map((each, i) => source(each, `${i}.yaml`)).map(unalike));
  if ("errors" in parsed) throw new Error(parsed.errors.map(formatDiagnostic).join("\n"));
  return parsed.policy;
};
/** Rules of two files need two names. */
const unalike = ({ file, text }: { file: string; text: string }) => ({
  file,
  text: text.replace("name: all", `name: ${file}`),
});
const web = containerFromSketch({ name: "web", runtime: "docker", labels: { tier: "front" } }, "lab");
const desk = containerFromSketch({ name: "desk", runtime: "lxc" }, "lab");

describe("for each container the first that takes it", () => {
  test.each([
    ["gates: [{ gate: auto }]", "auto", "auto"],
    ["gates: [{ container: web, gate: require }, { gate: auto }]", "require", "auto"],
    ["gates: [{ runtime: [docker, podman], gate: require }]", "require", undefined],
    ["gates: [{ labels: { tier: 'f*' }, gate: off }, { gate: require }]", "off", "require"],
    ["gates: [{ container: [desk, web], runtime: lxc, gate: auto }]", undefined, "auto"],
    ["", undefined, undefined],
  ])("%s", (gates, ofWeb, ofDesk) => {
    const policy = policyOf(gates);
    expect([gateFor(policy, web)?.gate, gateFor(policy, desk)?.gate]).toEqual([ofWeb, ofDesk]);
  });

  test("of several files in their order, with the place where it stands", () => {
    const policy = policyOf("gates: [{ container: desk, gate: auto }]", "gates:\n  - gate: require");
    expect(gateFor(policy, desk)?.place).toEqual({ file: "0.yaml", line: 2 });
    expect(gateFor(policy, web)?.place).toEqual({ file: "1.yaml", line: 3 });
  });
});

test("a policy is another one with other gates, and the same as ever without", () => {
  expect(policyOf("").hash).not.toBe(policyOf("gates: [{ gate: auto }]").hash);
  expect(policyOf("gates: [{ gate: require }]").hash).not.toBe(policyOf("gates: [{ gate: auto }]").hash);
});

describe("what is wrong is said at its place", () => {
  test.each([
    ["gates: [{ gate: requires }]", "p.yaml:2:17: error: `requires` is not known here [bad-value]", /`require`/],
    ["gates: [{ container: web }]", "p.yaml:2:9: error: `gate` is missing [missing-key]", /gate: …/],
    [
      "gates: [{ kontainer: web, gate: auto }]",
      "p.yaml:2:11: error: unknown key `kontainer` [unknown-key]",
      /`container`/,
    ],
    ["gates: auto", "p.yaml:2:8: error: text stands where a list belongs [wrong-type]", /a list/],
    ["gates: []", "p.yaml:2:8: error: the list is empty [bad-value]", /at least one/],
    ["gates: [{ labels: { tier: '[' }, gate: auto }]", /p\.yaml:2:\d+: error: .* \[bad-glob\]/, /write/],
    [
      "gates: [{ gate: auto }, { container: web, gate: require }]",
      "p.yaml:2:49: warning: no container comes to this `gate`: the one in line 2 takes all [shadowed]",
      /above/,
    ],
  ])("%s", (gates, message, mend) => {
    const { diagnostics } = checkPolicy([source(gates)]);
    const [first, second = ""] = formatDiagnostic(diagnostics[0]!).split("\n");
    if (typeof message === "string") expect(first).toBe(message);
    else expect(first).toMatch(message);
    expect(second).toMatch(mend);
  });
});

test("explain says which gate each owner has, and why", () => {
  const rules = policy(`version: 1
gates:
  - { runtime: lxc, gate: require }
rules:
  - { name: it, match: { class: keyboard }, give: { container: left } }
  - { name: serial, match: { class: serial }, give: { container: builder } }
`);
  const found = explain(situation({ policy: rules, devices: example("keyboard-left") }));
  expect(found.gates).toEqual([{ container: "left", gate: "require", file: "test.yaml", line: 3 }]);
  expect(formatExplanation(found)).toMatch(/\ngate of left: require \(test\.yaml:3\)$/);
  expect(explain(situation({ policy: rules, devices: example("modem") })).gates).toEqual([]);
});
