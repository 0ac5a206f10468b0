import { type Static, Type } from "@sinclair/typebox";
import { ContainerRecord } from "./container-record.ts";
import { ErrorBody } from "./result.ts";
import { StringMap } from "./uevent-message.ts";

/** `udevns.v1.rpc.<host>.attach`: make any process a container by its pid. */
export const AttachRequest = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 255 }), pid: Type.Integer({ minimum: 1 }), labels: StringMap },
  { $id: "attach-request", additionalProperties: false },
);
export type AttachRequest = Static<typeof AttachRequest>;
export const AttachReply = Type.Object(
  { container: ContainerRecord },
  { $id: "attach-reply", additionalProperties: false },
);
export type AttachReply = Static<typeof AttachReply>;

/** `udevns.v1.rpc.<host>.detach` */
export const DetachRequest = Type.Object(
  { name: Type.String({ minLength: 1 }) },
  { $id: "detach-request", additionalProperties: false },
);
export type DetachRequest = Static<typeof DetachRequest>;

/** `udevns.v1.rpc.<host>.scan`: publish what differs between /sys and what policy knows, or will when it has read the log. */
export const ScanReply = Type.Object(
  { added: Type.Integer(), removed: Type.Integer(), changed: Type.Integer() },
  { $id: "scan-reply", additionalProperties: false },
);
export type ScanReply = Static<typeof ScanReply>;

export const Empty = Type.Object({}, { $id: "empty", additionalProperties: false });
export type Empty = Static<typeof Empty>;

/** Every reply is one of these two. */
export const ErrorReply = Type.Object({ error: ErrorBody }, { additionalProperties: false });
