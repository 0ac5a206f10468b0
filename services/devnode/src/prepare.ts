import { Bucket, type LogReader } from "@udevns/bus";
import {
  bucketNames,
  ContainerRecord,
  type ContainerTarget,
  consumerNames,
  decode,
  isUdevnsError,
  optionLabels,
  targetOf,
  token,
} from "@udevns/protocol";
import { prepareDatabase } from "./audience/record.ts";
import type { Workshop } from "./workshop.ts";

/**
 * Gets containers ready that say by a label that they want devices: libudev's clients look for /run/udev/control once, when they
 * start, so in a container without a udevd it must be there before any device is.
 */
export function followContainers(workshop: Workshop): LogReader {
  const { context, queue } = workshop;
  return new Bucket(context.bus, bucketNames.containers).follow({
    consumer: consumerNames.devnodeContainers(context.host),
    prefix: `${token(context.host)}.`,
    onEntry: (key, value) => {
      const record = value === undefined ? undefined : decode(ContainerRecord, value, key);
      if (record === undefined || !wantsDevices(record)) return;
      queue.run([record.instance], () => prepare(workshop, targetOf(record)).catch(context.fail));
    },
  });
}

const wantsDevices = ({ labels }: ContainerRecord): boolean =>
  labels[optionLabels.enable] === "true" ||
  labels[optionLabels.devices] !== undefined ||
  labels[optionLabels.udev] === "none";

async function prepare({ devnode, context }: Workshop, container: ContainerTarget): Promise<void> {
  try {
    const held = devnode.containers.hold(container);
    const { audience } = await devnode.audiences.of(container, held);
    if (audience === "none") await prepareDatabase(held);
  } catch (error) {
    // Its end, or a file system that takes no files: the first device will say so, if there is one.
    const text = isUdevnsError(error) ? error.message : String(error);
    context.log.debug({ container: container.name, error: text }, "not prepared");
  }
}
