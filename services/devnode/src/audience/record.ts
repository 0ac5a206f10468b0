import { executeIn, type MountTarget, type Operation } from "@udevns/native";
import type { DeviceRecord, UdevInfo } from "@udevns/protocol";
import { databaseId, formatUdevRecord } from "@udevns/uevent";
import type { HeldContainer } from "../containers.ts";
import { hostUdevDirectories } from "../host-directories.ts";
import { inodeOf, type Made } from "../made.ts";
import { initializedMicros } from "./said.ts";

const DATABASE = "run/udev";

/** The directories and files of one device's record, in the order in which they must come. */
export function planRecord(
  device: DeviceRecord,
  info: UdevInfo,
  now: number,
): { directories: readonly string[]; files: readonly { path: string; text: string }[] } {
  const id = databaseId(device);
  // A devpath's or a host udev's word ends up in a path here.
  const tags = info.tags.filter(isFileName);
  if (!isFileName(id)) return { directories: [], files: [] };
  return {
    directories: ["data", "tags", ...tags.map((tag) => `tags/${tag}`)].map((name) => `${DATABASE}/${name}`),
    files: [
      { path: `${DATABASE}/data/${id}`, text: formatUdevRecord({ ...info, tags }, now) },
      ...tags.map((tag) => ({ path: `${DATABASE}/tags/${tag}/${id}`, text: "" })),
    ],
  };
}

const isFileName = (name: string): boolean =>
  name !== "" && name !== "." && name !== ".." && !/[/\x00-\x1f\x7f]/.test(name) && Buffer.byteLength(name) <= 255;

/**
 * Makes the container's udev database know the device, and shows libudev's clients that there is one: they look for
 * /run/udev/control when they start, and hear no message without it.
 * @returns what was written; nothing where the container's /run is the host's own, or takes no files
 */
export async function writeRecord(
  held: HeldContainer,
  device: DeviceRecord,
  info: UdevInfo,
): Promise<NonNullable<Made["udev"]>["files"]> {
  if (!(await prepareDatabase(held))) return [];
  const { directories, files } = planRecord(device, info, initializedMicros());
  const steps = [
    ...directories.map((path) => directory(path, held)),
    ...files.map(({ path, text }) => file(path, text, held)),
  ];
  const outcomes = await executeIn(confined(held), steps);
  return outcomes.flatMap((outcome, index) => {
    const step = steps[index];
    return outcome.ok && step?.op === "writeFile" && "dev" in outcome.result
      ? [{ path: step.path, inode: inodeOf(outcome.result) }]
      : [];
  });
}

/** Makes an empty database, if there is none. @returns false where there cannot be one */
export async function prepareDatabase(held: HeldContainer): Promise<boolean> {
  const marker = `${DATABASE}/control`;
  const outcomes = await executeIn(confined(held), [
    directory("run", held),
    directory(DATABASE, held),
    { op: "stat", path: marker },
  ]);
  const last = outcomes.at(-1);
  if (!last?.ok) return false;
  if ("exists" in last.result && last.result.exists) return true;
  const [made] = await executeIn(confined(held), [file(marker, "", held)]);
  return made?.ok === true;
}

/** A container that has the host's /run, or its /run/udev, has its udev database with it: nothing of ours belongs in there. */
function confined({ target }: HeldContainer): MountTarget {
  const { confine } = target;
  return { ...target, confine: { ...confine, avoid: [...confine.avoid, ...hostUdevDirectories()] } };
}

const owner = ({ target }: HeldContainer) => ({ uid: target.rootUid, gid: target.rootGid });
const directory = (path: string, held: HeldContainer): Operation<"mkdir"> => ({
  op: "mkdir",
  path,
  mode: 0o755,
  ...owner(held),
});
const file = (path: string, text: string, held: HeldContainer): Operation<"writeFile"> => ({
  op: "writeFile",
  path,
  data: Buffer.from(text),
  mode: 0o644,
  ...owner(held),
});
