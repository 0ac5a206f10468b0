import { executeIn, type MountTarget, type Operation, type OperationOutcome } from "@udevns/native";
import type { DeviceRecord, UdevInfo } from "@udevns/protocol";
import { databaseId, formatUdevRecord } from "@udevns/uevent";
import type { HeldContainer } from "../containers.ts";
import { hostUdevDirectories } from "../host-directories.ts";
import { inodeOf, type Made } from "../made.ts";
import { initializedMicros } from "./said.ts";

const DATABASE = "run/udev";

export type RecordStep = Operation<"mkdir"> | Operation<"writeFile">;
export type RecordFiles = NonNullable<Made["udev"]>["files"];

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
 * /run/udev/control when they start, and hear no message without it. In an order in which the first that fails must end the rest:
 * where the database cannot be made, or is the host's own, nothing may be written below it.
 */
export function recordSteps(held: HeldContainer, device: DeviceRecord, info: UdevInfo): RecordStep[] {
  const { directories, files } = planRecord(device, info, initializedMicros());
  return [
    ...databaseSteps(held),
    ...directories.map((path) => directory(path, held)),
    ...files.map(({ path, text }) => file(path, text, held)),
  ];
}

/** The files that a record consists of, of those that were written; the database's own marker is none. */
export function recordFiles(steps: readonly RecordStep[], outcomes: readonly OperationOutcome[]): RecordFiles {
  return steps.flatMap((step, index) => {
    const outcome = outcomes[index];
    return outcome?.ok && step.op === "writeFile" && step.keep !== true && "dev" in outcome.result
      ? [{ path: step.path, inode: inodeOf(outcome.result) }]
      : [];
  });
}

/** Writes a record that comes without a node. @returns what was written; nothing where the container's /run takes no files */
export async function writeRecord(held: HeldContainer, steps: readonly RecordStep[]): Promise<RecordFiles> {
  return recordFiles(steps, await executeIn(besideHostUdev(held), steps));
}

/** Makes an empty database, if there is none and there can be one. */
export async function prepareDatabase(held: HeldContainer): Promise<void> {
  await executeIn(besideHostUdev(held), databaseSteps(held));
}

const databaseSteps = (held: HeldContainer): RecordStep[] => [
  directory("run", held),
  directory(DATABASE, held),
  { ...file(`${DATABASE}/control`, "", held), keep: true },
];

/** A container that has the host's /run, or its /run/udev, has its udev database with it: nothing of ours belongs in there. */
export function besideHostUdev({ target }: HeldContainer): MountTarget {
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
