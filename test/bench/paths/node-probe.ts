import { closeSync, openSync } from "node:fs";

/** Tries to open a node in a container, through its root: the mount that it lies on decides, as it does inside. */
export const nodeProbe = (pid: number, name: string) => (): boolean => {
  try {
    closeSync(openSync(`/proc/${pid}/root/dev/${name}`, "r"));
    return true;
  } catch {
    return false;
  }
};
