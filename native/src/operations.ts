/** Which inode: what an operation made, and the only thing a removal will touch. */
export interface Identity {
  dev: bigint;
  ino: bigint;
}

export type FileKind = "file" | "dir" | "char" | "block" | "symlink" | "fifo" | "socket";

export interface FileStat extends Identity {
  exists: true;
  kind: FileKind;
  rdev: { major: number; minor: number };
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** f_type, statfs(2). */
  fsType: number;
  /** The mount it lies on; isRoot: it is the root of that mount (bound or mounted there). */
  mount: { readOnly: boolean; noDev: boolean; isRoot: boolean };
  /**
   * For `expect`: a directory has another when it is another or its mount is of another kind, a file when its contents changed, too.
   * Empty where that cannot be told: it changed just now.
   */
  mark: string;
}

export type StatResult = { exists: false } | FileStat;

interface Owned {
  mode: number;
  uid: number;
  gid: number;
}

interface Confined {
  /** Only where the confinement lets something be made: for what is not known to be ours by the inode that it was made with. */
  confined?: boolean;
}

type Removed = { found: "ours" | "missing" | "foreign" };

/** Every operation: what it takes, what it gives. Paths are relative to the root, `dev/snd/seq`. */
export interface OperationTable {
  stat: { takes: { path: string }; gives: StatResult };
  /** ESTALE where what is there has not that mark; nothing after it is done then. */
  expect: { takes: { path: string; mark: string }; gives: { expected: true } };
  /** An existing directory is left as it is. */
  mkdir: { takes: { path: string } & Owned; gives: Identity & { created: boolean } };
  /** Exclusive. */
  mknod: { takes: { path: string; type: "c" | "b"; major: number; minor: number } & Owned; gives: Identity };
  /** Exclusive, both; a node is made as `source` in a directory of ours, and appears at `path`. */
  bind: {
    takes: { path: string; directoryFd: number; source: string; type: "c" | "b"; major: number; minor: number } & Owned;
    gives: Identity & { mountPointDev: bigint; mountPointIno: bigint };
  };
  unbind: { takes: { path: string; expect: Identity; mountPoint: Identity } & Confined; gives: Removed };
  unlink: { takes: { path: string; expect: Identity } & Confined; gives: Removed };
  rmdir: { takes: { path: string; expect: Identity } & Confined; gives: Removed | { found: "notEmpty" } };
  /** Exclusive; a link with the same text counts. */
  symlink: {
    takes: { path: string; to: string; uid: number; gid: number };
    gives: Identity & { created: boolean };
  };
  /** This and the next reads: what is not there is empty, and `exists` says so. */
  readlink: { takes: { path: string }; gives: { exists: boolean; to: string } };
  /** Regular files only. */
  readFile: {
    takes: { path: string; maxBytes: number };
    gives: { exists: boolean; data: Buffer; truncated: boolean };
  };
  /** Atomic: replaces what is there by rename; with `keep` what is there stays. */
  writeFile: {
    takes: { path: string; data: Uint8Array; keep?: boolean } & Owned;
    gives: Identity & { created: boolean };
  };
  readDir: {
    takes: { path: string; maxEntries: number };
    gives: { exists: boolean; entries: { name: string; kind: FileKind | "unknown" }[]; truncated: boolean };
  };
  /**
   * `path`: a /proc/PID/task. The descriptors of its threads that are open files of the device; those of a thread that shares
   * them with the one before it are passed over. EAGAIN: threads come faster than they can be looked at.
   */
  openFiles: {
    takes: { path: string; type: "c" | "b"; major: number; minor: number };
    gives: { exists: boolean; entries: { thread: number; fd: number }[] };
  };
  /**
   * The processes that share a namespace, and all that descend from them; below /proc, `path` any name in it.
   * `mnt`, `pidNamespace`: inodes; 0 is nobody's. `byParents`: as where the kernel lists no children (CONFIG_PROC_CHILDREN).
   */
  members: {
    takes: { path: string; mnt: number; pidNamespace: number; byParents?: boolean };
    gives: { entries: { pid: number }[] };
  };
  /** EVIOCREVOKE for descriptor `fd` of the process behind `pidfd`, if it is an open file of the device. `path` is for messages. */
  revoke: {
    takes: { path: string; pidfd: number; fd: number; type: "c" | "b"; major: number; minor: number };
    gives: { revoked: boolean };
  };
  /** An O_PATH descriptor of what is there, a symlink included; closeFd() it. */
  open: { takes: { path: string }; gives: { fd: number } };
}

export type OperationName = keyof OperationTable;
export type Operation<Name extends OperationName = OperationName> = {
  [N in Name]: {
    op: N;
    /** Those after it are done also when it fails. */
    mayFail?: boolean;
  } & OperationTable[N]["takes"];
}[Name];
export type OperationResult<Name extends OperationName = OperationName> = OperationTable[Name]["gives"];
