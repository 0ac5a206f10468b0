import { compileGlob, type Glob, joinGlobs } from "./glob.ts";
import type { Reader } from "./reader.ts";

/** One text or several, as the file may have it. */
export type Texts = string | readonly string[];

export const listOf = <T extends string>(value: T | readonly T[]): readonly T[] =>
  typeof value === "string" ? [value] : value;

/** A text of a map that came from outside; never what every object inherits, such as `constructor`. */
export const textAt = (map: Readonly<Record<string, string>> | undefined, name: string): string | undefined =>
  map !== undefined && Object.hasOwn(map, name) ? map[name] : undefined;

/** Reads a glob or a list of them; undefined where one is wrong, which is reported at its place. */
export function readGlobs(owner: object, key: string, value: Texts, reader: Reader): Glob | undefined {
  const globs = listOf(value).map((source, i) => {
    try {
      return compileGlob(source);
    } catch (error) {
      const [holder, place] = typeof value === "string" ? [owner, key] : [value, i];
      const detail = error instanceof Error ? error.message : String(error);
      reader.fail(
        holder,
        place,
        "bad-glob",
        `\`${source}\` ${detail}`,
        "write `\\[` or `\\\\` for the character itself",
      );
      return undefined;
    }
  });
  return globs.every((glob) => glob !== undefined) ? joinGlobs(globs) : undefined;
}
