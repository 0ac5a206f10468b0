import { UdevnsError } from "@udevns/protocol";

/** @returns the path from the container's root. @throws UDEVNS_E_NODE_PATH for anything but plain components below /dev */
export function devPath(path: string): string {
  const plain =
    path !== "" &&
    path.split("/").every((part) => part !== "" && part !== "." && part !== ".." && Buffer.byteLength(part) <= 255);
  if (!plain || /[\x00-\x1f\x7f]/.test(path))
    throw new UdevnsError("UDEVNS_E_NODE_PATH", { path: JSON.stringify(path) });
  return `dev/${path}`;
}

export function isDevPath(path: string): boolean {
  try {
    devPath(path);
    return true;
  } catch {
    return false;
  }
}

/** `dev/bus/usb/001/002` → `dev/bus`, `dev/bus/usb`, `dev/bus/usb/001`: what must be there first, without /dev itself. */
export function parents(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(2).map((_, index) => parts.slice(0, index + 2).join("/"));
}

/** Target of a relative link at `from` that leads to `to`, both from the container's root. */
export function relativeLink(from: string, to: string): string {
  const up = from
    .split("/")
    .slice(1, -1)
    .map(() => "..");
  return [...up, ...to.split("/").slice(1)].join("/");
}
