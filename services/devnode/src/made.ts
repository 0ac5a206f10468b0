import type { Link } from "@udevns/native";
import type { UdevInfo, WorkOf } from "@udevns/protocol";
import type { Permission } from "./permission/permission.ts";
import type { Trace } from "./traces.ts";

/** An inode, so that nothing is ever removed that somebody else put in its place. Decimal, as JSON has no 64-bit numbers. */
export interface Inode {
  readonly dev: string;
  readonly ino: string;
}

/** How a node came into a container. */
export type MadeNode =
  | { readonly kind: "mknod"; readonly path: string; readonly node: Inode }
  | {
      readonly kind: "bind";
      readonly path: string;
      readonly node: Inode;
      readonly mountPoint: Inode;
      readonly source: string;
    }
  /** The container had that very node before; it is not ours to remove. */
  | { readonly kind: "found"; readonly path: string };

/** What devnode has done for one device in one container. */
export type Made = MadeParts & (MadeState | TakingState);
/** A device that a container shall not have any more and still has, as taking it failed. */
export type Taking = MadeParts & TakingState;

interface MadeState {
  /** `making` is written before the first step. */
  readonly state: "making" | "made";
}

interface TakingState {
  readonly state: "taking";
  /** To be carried out until it succeeds, also by a later life. */
  readonly take: WorkOf<"take">;
  /** The container has nothing to hear of: a give left it behind that failed, or its end has been told. */
  readonly unheard?: true;
}

interface MadeParts {
  readonly instance: string;
  readonly devpath: string;
  /** The NodeSpec it was made for, as JSON. */
  readonly spec: string;
  /** What steps are making that have not ended, or have ended nobody knows how: removed by what it is, as no inode is known. */
  readonly traces?: readonly Trace[];
  readonly node?: MadeNode;
  readonly links: readonly { readonly path: string; readonly inode: Inode }[];
  /** The network interface that was moved into the container. */
  readonly link?: Link;
  /** What its container may use because of us; what the runtime allows anyway is not here. */
  readonly permission?: Permission;
  /** In a container without a udevd: what its programs are told of the device, and the files that say so. */
  readonly udev?: {
    readonly info: UdevInfo;
    readonly files: readonly { readonly path: string; readonly inode: Inode }[];
  };
  /** The order that it was made by, to make it again where it got lost, and to tell of it once somebody listens. */
  readonly order: WorkOf<"give">;
  /** SEQNUM of the last event that the container was told about it. */
  readonly told: number;
}

/** A directory that devnode made in a container; removed again when empty. */
export interface MadeDirectory {
  readonly instance: string;
  readonly path: string;
  readonly inode: Inode;
}

export const inodeOf = ({ dev, ino }: { dev: bigint; ino: bigint }): Inode => ({ dev: String(dev), ino: String(ino) });
export const expectInode = ({ dev, ino }: Inode): { dev: bigint; ino: bigint } => ({
  dev: BigInt(dev),
  ino: BigInt(ino),
});
