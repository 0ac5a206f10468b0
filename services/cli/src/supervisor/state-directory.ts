import { mkdirSync, statSync } from "node:fs";
import { configError } from "@udevns/service";

/**
 * Makes the state directory, root's alone. One that is there may be read by others, as systemd makes it.
 * @throws UDEVNS_E_CONFIG when others could put something in it: the services' code and keys lie there
 */
export function makeStateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(path);
  const self = process.geteuid?.() ?? 0;
  const refuse = (fault: string, mend: string) =>
    configError(
      "UDEVNS_STATE_DIR",
      `${path} ${fault}, who could replace what root runs from it; mend it by \`${mend}\``,
    );
  if (uid !== self) throw refuse(`is owned by uid ${uid}`, `chown ${self} '${path}'`);
  if ((mode & 0o022) !== 0) throw refuse("is writable for others", `chmod go-w '${path}'`);
}
