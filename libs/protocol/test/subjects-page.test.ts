import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { subjectsPage } from "../scripts/subjects-page.ts";
import { bucketCatalogue, bucketNames, buckets, hostStreams, messageCatalogue, sharedStreams } from "../src/index.ts";

test("docs/subjects.md says what the schemas say", () => {
  expect(readFileSync(new URL("../../../docs/subjects.md", import.meta.url), "utf8")).toBe(subjectsPage());
});

test("every bucket is in the catalogue and is made", () => {
  const names = Object.values(bucketNames).sort();
  expect([...new Set(bucketCatalogue.map(({ kept }) => kept))].sort()).toEqual(names);
  expect(buckets.map(({ name }) => name).sort()).toEqual(names);
});

test("what is said to be kept is in a stream's subjects", () => {
  const plans = [...hostStreams("h"), ...sharedStreams];
  for (const { subject, kept } of messageCatalogue.filter((row) => row.kept !== "nowhere")) {
    const concrete = `udevns.v1.${subject.replaceAll(/<\w+>/g, "h")}`;
    const plan = plans.find(({ name }) => name === kept.replace("<host>", "h"));
    const patterns = plan?.subjects.map(
      (each) => new RegExp(`^${each.replaceAll(".", "\\.").replaceAll("*", "[^.]+").replace(">", ".+")}$`),
    );
    expect(patterns?.some((pattern) => pattern.test(concrete))).toBe(true);
  }
});
