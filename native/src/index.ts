export { readAttributes } from "./attributes.ts";
export {
  attachedPrograms,
  createDeviceMap,
  type DeviceMap,
  deviceMapOf,
  insertDeviceMap,
} from "./cgroup-device.ts";
export type { DeviceKey } from "./device-program.ts";
export { type Link, linkName, moveLink } from "./devices.ts";
export { NativeError } from "./error.ts";
export {
  type Confinement,
  type ExecuteOptions,
  executeHere,
  executeIn,
  isHangingIn,
  type MountTarget,
  type OperationOutcome,
  type OperationOutcomes,
} from "./execute.ts";
export { closeFd, mountTmpfs, openat2, openFlags, type Resolve, unmount } from "./files.ts";
export { hostNamespaces } from "./host-namespaces.ts";
export { type IdRange, mapToHost, parseIdMap } from "./idmap.ts";
export { readUeventJournal } from "./journal.ts";
export { openUeventModule, type UeventModule } from "./module.ts";
export {
  openUeventMonitor,
  type UeventDatagram,
  type UeventHandler,
  type UeventMonitor,
  type UeventMonitorOptions,
  type UeventMonitorStats,
} from "./monitor.ts";
export { sdNotify } from "./notify.ts";
export type {
  FileKind,
  FileStat,
  Identity,
  Operation,
  OperationName,
  OperationResult,
  OperationTable,
  StatResult,
} from "./operations.ts";
export { INITIAL_USER_NAMESPACE, netnsOwner, openPidfd, type Pidfd } from "./pidfd.ts";
export { type NamespaceName, type ProcessInfo, readProcess } from "./process.ts";
export { type CgroupMembership, parseCgroups, parseNamespace, parseParent, parseStartTime } from "./procfs.ts";
export { openReceipt, type Receipt, type ReceiptLine } from "./receipt.ts";
export { maxKernelPayload, openUeventSender, probeInjection, type SenderIds, type UeventSender } from "./sender.ts";
export { askKeeper, type KeptSocket, openUeventSocket, type UeventGroup, type UeventSocketOptions } from "./socket.ts";
