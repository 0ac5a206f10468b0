import type { DeviceRecord } from "@udevns/protocol";
import { attributeNameFault, isAttributeName } from "./attribute-name.ts";
import type { At, Condition } from "./condition.ts";
import { awaitsUdev, propertyOf } from "./facts.ts";
import type { Glob } from "./glob.ts";
import type { Reader } from "./reader.ts";
import { readGlobs, type Texts, textAt } from "./texts.ts";
import { type Tri, tri } from "./tri.ts";

const readGlobMap = (map: Readonly<Record<string, Texts>>, reader: Reader): [string, Glob][] | undefined => {
  const globs = Object.entries(map).map(([name, value]) => [name, readGlobs(map, name, value, reader)] as const);
  const good = globs.filter((pair): pair is [string, Glob] => pair[1] !== undefined);
  return good.length === globs.length ? good : undefined;
};

const globMapText = (key: string, globs: readonly [string, Glob][]): string =>
  globs.map(([name, glob]) => `${key} ${name}: ${glob.source}`).join(", ");

/** Under the first that has no wildcard. */
function indexByPair(kind: "property" | "attribute", globs: readonly [string, Glob][]): Pick<Condition, "index"> {
  const found = globs.find(([, glob]) => glob.literals !== undefined);
  if (found === undefined) return {};
  return { index: { kind, values: found[1].literals!.map((text) => `${found[0]}=${text}`), by: "text" } };
}

/** `property:`, all of one device. */
export const byProperty = (value: Readonly<Record<string, Texts>>, { reader }: At): Condition | undefined => {
  const globs = readGlobMap(value, reader);
  if (globs === undefined) return undefined;
  return {
    key: "property",
    text: globMapText("property", globs),
    needsUdev: true,
    test: (device) => {
      let result: Tri = "yes";
      for (const [name, glob] of globs) {
        const found = propertyOf(device.record, name);
        if (found === undefined && awaitsUdev(device)) result = "unknown";
        else if (found === undefined || !glob.test(found)) return "no";
      }
      return result;
    },
    ...indexByPair("property", globs),
    actual: ({ record }) => globs.map(([name]) => `${name}=${propertyOf(record, name) ?? ""}`).join(" "),
  };
};

/** `attribute:`, all at the device or all at one parent. */
export const byAttribute = (value: Readonly<Record<string, Texts>>, { reader }: At): Condition | undefined => {
  const wrong = Object.keys(value).filter((name) => !isAttributeName(name));
  for (const name of wrong) reader.fail(value, name, "bad-value", ...attributeNameFault(name));
  const globs = readGlobMap(value, reader);
  if (globs === undefined || wrong.length > 0) return undefined;
  const holds = ({ attributes }: DeviceRecord): boolean =>
    globs.every(([name, glob]) => {
      const found = textAt(attributes, name);
      return found !== undefined && glob.test(found);
    });
  return {
    key: "attribute",
    text: globMapText("attribute", globs),
    needsUdev: false,
    test: ({ chain }) => tri(chain.some(holds)),
    attributes: globs.map(([name]) => name),
    ...indexByPair("attribute", globs),
  };
};
