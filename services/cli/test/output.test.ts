import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { UdevnsError } from "@udevns/protocol";
import { Output, table } from "../src/output.ts";

const said = { out: "", err: "" };
beforeEach(() => {
  Object.assign(said, { out: "", err: "" });
  for (const [stream, name] of [
    [process.stdout, "out"],
    [process.stderr, "err"],
  ] as const)
    jest.spyOn(stream, "write").mockImplementation((text) => {
      said[name] += text;
      return true;
    });
});
afterEach(() => {
  jest.restoreAllMocks();
});

const error = new UdevnsError("UDEVNS_E_DEVICE_UNKNOWN", { device: "sda", host: "lab" });

describe("data goes to stdout", () => {
  test("as text for people", () => {
    new Output({ json: false, colour: false }).print(["a", "b"], (names) => names.join(" "));
    expect(said).toEqual({ out: "a b\n", err: "" });
  });

  test("as one line of JSON where it was asked for, colours or not", () => {
    new Output({ json: true, colour: true }).print({ name: "ü\n" }, () => "never");
    expect(said).toEqual({ out: '{"name":"ü\\n"}\n', err: "" });
  });
});

test("talk goes to stderr, so that JSON stays JSON", () => {
  new Output({ json: true, colour: false }).note("listening");
  expect(said).toEqual({ out: "", err: "listening\n" });
});

describe("an error", () => {
  test("tells people what, how to mend it and its code", () => {
    new Output({ json: false, colour: false }).error(error);
    expect(said.out).toBe("");
    expect(said.err).toBe("error no device sda on lab\n      `udevns devices` lists them [UDEVNS_E_DEVICE_UNKNOWN]\n");
  });

  test("tells programs the same on stdout", () => {
    new Output({ json: true, colour: false }).error(error);
    expect(JSON.parse(said.out)).toEqual({
      ok: false,
      error: {
        code: "UDEVNS_E_DEVICE_UNKNOWN",
        message: "no device sda on lab",
        mend: "`udevns devices` lists them",
        fields: { device: "sda", host: "lab" },
      },
    });
    expect(said.out.endsWith("}\n")).toBe(true);
  });
});

test("colours are there only where they were asked for, and end where the text does", () => {
  expect(new Output({ json: false, colour: true }).paint("red", "x")).toBe("\u001b[31mx\u001b[0m");
  expect(new Output({ json: false, colour: false }).paint("red", "x")).toBe("x");
});

describe("a table", () => {
  test("has columns as wide as their widest cell, and no blanks at the ends", () => {
    expect(
      table(
        ["NAME", "N"],
        [
          ["a", "1"],
          ["longer", "22"],
        ],
      ).split("\n"),
    ).toEqual(["NAME    N", "a       1", "longer  22"]);
  });

  test("of nothing is its header", () => expect(table(["NAME", "N"], [])).toBe("NAME  N"));

  test("may have empty cells, and rows that end early", () => {
    expect(table(["A", "B", "C"], [["", "x", ""], ["y"]]).split("\n")).toEqual(["A  B  C", "   x", "y"]);
  });
});
