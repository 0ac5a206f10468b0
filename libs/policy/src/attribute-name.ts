import { isNodePath } from "./node-path.ts";

/** True for a plain path below the device's directory: capture reads, as root, what stands there. */
export const isAttributeName: (name: string) => boolean = isNodePath;

export const attributeNameFault = (name: string): readonly [message: string, mend: string] => [
  `\`${name}\` is no attribute of a device`,
  "write its path below the device's directory in /sys, such as `queue/rotational`, without `.` and `..`",
];
