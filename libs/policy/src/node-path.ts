/**
 * True for a plain path below /dev: no component empty, `.` or `..`, no control characters, nothing that names another place.
 * A device's name comes from its driver, and a driver may take it from the device.
 */
export const isNodePath = (path: string): boolean =>
  path.length > 0 &&
  path.length <= 4096 &&
  !/[\u0000-\u001f\u007f]/.test(path) &&
  path.split("/").every((part) => part !== "" && part !== "." && part !== ".." && Buffer.byteLength(part) <= 255);
