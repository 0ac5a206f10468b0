// argv: pid of a process in whose namespace /mnt/stuck is a file system that never answers.
import { executeIn, openPidfd } from "../../src/index.ts";

const pidfd = openPidfd(Number(process.argv[2]));
const target = { pidfd, rootUid: 0, rootGid: 0 };
const error = await executeIn(target, [{ op: "stat", path: "mnt/stuck/x" }], { timeoutMs: 50 }).catch((e) => e);
console.log(error.code);
