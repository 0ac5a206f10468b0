import { describe, expect, test } from "@jest/globals";
import { mapToHost, parseIdMap } from "../src/idmap.ts";

test.each([
  ["the initial namespace", "         0          0 4294967295\n", [{ inside: 0, outside: 0, count: 4294967295 }]],
  [
    "two ranges",
    "0 100000 1000\n1000 1000 1\n",
    [
      { inside: 0, outside: 100000, count: 1000 },
      { inside: 1000, outside: 1000, count: 1 },
    ],
  ],
  ["not written yet", "", []],
])("parses the map of %s", (_, text, expected) => {
  expect(parseIdMap(text)).toEqual(expected);
});

describe("maps to the host", () => {
  const map = parseIdMap("0 100000 1000\n1000 1000 1\n");
  test.each([
    [0, 100000],
    [999, 100999],
    [1000, 1000],
    [1001, undefined],
    [-1, undefined],
  ])("%d → %p", (inside, outside) => {
    expect(mapToHost(map, inside)).toBe(outside);
  });
});
