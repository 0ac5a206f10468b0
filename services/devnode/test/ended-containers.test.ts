import { expect, test } from "@jest/globals";
import { EndedContainers } from "../src/ended-containers.ts";

test("the end of a container is news once", () => {
  const ended = new EndedContainers();
  expect(["a", "b", "a"].map((instance) => ended.isNews(instance))).toEqual([true, true, false]);
});
