import { forwarderPath } from "../paths/forwarder.ts";
import { kernelPath } from "../paths/kernel.ts";
import { lxdPath } from "../paths/lxd.ts";
import { benchPath, type Path, type PathFigures } from "../paths/path.ts";
import { udevnsPath } from "../paths/udevns.ts";

export interface PathsFigures {
  readonly rounds: number;
  readonly burst: number;
  readonly kernel: PathFigures;
  readonly forwarder: PathFigures;
  readonly udevns: PathFigures;
  /** Only where it was asked for. */
  readonly lxd?: PathFigures;
}

/** LXD takes some 40 ms a round, and its socket holds fewer events than any burst has. */
const LXD_ROUNDS = 100;
const LXD_BURST = 1_000;

/** One event after the other, then a burst, over each way that there is. */
export async function paths(sizes: { rounds: number; burst: number; lxd: boolean }): Promise<PathsFigures> {
  const { rounds, burst } = sizes;
  return {
    rounds,
    burst,
    kernel: await over(kernelPath, sizes),
    forwarder: await over(forwarderPath, sizes),
    udevns: await over(udevnsPath, sizes),
    ...(sizes.lxd
      ? { lxd: await over(lxdPath, { rounds: Math.min(rounds, LXD_ROUNDS), burst: Math.min(burst, LXD_BURST) }) }
      : {}),
  };
}

async function over(open: () => Promise<Path>, sizes: { rounds: number; burst: number }): Promise<PathFigures> {
  const path = await open();
  try {
    return await benchPath(path, sizes);
  } finally {
    await path.close();
  }
}
