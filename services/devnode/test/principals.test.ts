import { expect, test } from "@jest/globals";
import { resolvePrincipal } from "../src/principals.ts";

const group = [
  "root:x:0:",
  "render2:x:8:",
  "render:x:105:kim,ada",
  "render:x:999:",
  "hostile:x:-1:",
  "hex:x:0x10:",
  "empty:x::",
  "short:x",
  "huge:x:99999999999:",
  "last:x:44",
].join("\n");

test.each<[string, string | number, number]>([
  ["a number is itself", 105, 105],
  ["… whatever names there are", 0, 0],
  ["a name is looked up, and the first line counts", "render", 105],
  ["a last line may end without a newline", "last", 44],
  ["a name that the container does not know is its root", "video", 0],
  ["part of a name is none", "rend", 0],
  ["an id that is no number is no id", "hostile", 0],
  ["… nor is one in hex", "hex", 0],
  ["… nor none", "empty", 0],
  ["… nor a line that is cut", "short", 0],
  ["… nor one that no kernel has", "huge", 0],
  ["a field is not matched against another", "x", 0],
])("%s", (_, principal, id) => expect(resolvePrincipal(principal, group)).toBe(id));

test("an image without accounts files has no names", () => expect(resolvePrincipal("render", "")).toBe(0));
