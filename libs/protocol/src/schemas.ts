import type { TSchema } from "@sinclair/typebox";
import { ClaimRecord, DecisionRecord, PolicyChange } from "./audit.ts";
import { Claim } from "./claim.ts";
import { ContainerEvent } from "./container-event.ts";
import { ContainerRecord } from "./container-record.ts";
import { DeviceRecord } from "./device-record.ts";
import { Grant } from "./grant.ts";
import { HostRecord, Lease } from "./lease.ts";
import { PolicyRecord } from "./policy-record.ts";
import { WorkResult } from "./result.ts";
import { AttachReply, AttachRequest, DetachRequest, Empty, ScanReply } from "./rpc.ts";
import { ServiceStatus } from "./status.ts";
import { UeventMessage } from "./uevent-message.ts";
import { DevnodeWork, InjectWork } from "./work.ts";

/** Every message kind by its name; docs/subjects.md is made from these. */
export const schemas = {
  uevent: UeventMessage,
  device: DeviceRecord,
  container: ContainerRecord,
  "container-event": ContainerEvent,
  decision: DecisionRecord,
  grant: Grant,
  claim: Claim,
  "claim-record": ClaimRecord,
  policy: PolicyRecord,
  "policy-change": PolicyChange,
  "devnode-work": DevnodeWork,
  "inject-work": InjectWork,
  result: WorkResult,
  status: ServiceStatus,
  "attach-request": AttachRequest,
  "attach-reply": AttachReply,
  "detach-request": DetachRequest,
  "scan-reply": ScanReply,
  empty: Empty,
  lease: Lease,
  host: HostRecord,
} as const satisfies Record<string, TSchema>;
