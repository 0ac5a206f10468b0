import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory of the host, of a user that no user-namespaced container has, in which nothing shall ever be made. */
export interface Lure {
  readonly path: string;
  /** Something was made or removed in it, also if nothing is left of it. */
  wasTouched(): boolean;
  remove(): void;
}

export function layLure(place = tmpdir()): Lure {
  const path = mkdtempSync(join(place, "udevns-lure-"));
  chmodSync(path, 0o755);
  const changed = () => statSync(path, { bigint: true }).ctimeNs;
  const before = changed();
  return {
    path,
    wasTouched: () => changed() !== before,
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
