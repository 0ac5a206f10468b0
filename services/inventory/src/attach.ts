import { hostNamespaces, type ProcessInfo, readProcess } from "@udevns/native";
import { type AttachReply, type AttachRequest, UdevnsError } from "@udevns/protocol";
import type { ServiceContext } from "@udevns/service";
import { recognise } from "./recognise.ts";
import type { Register } from "./register.ts";

/** `udevns attach`: any process with its own network and mount namespace becomes a container. */
export async function attach(
  { host, boot }: ServiceContext,
  register: Register,
  request: AttachRequest,
): Promise<AttachReply> {
  const { name, pid, labels } = request;
  const own = hostNamespaces();
  const look = () => recognise(read(pid), own, { name, host, boot, runtime: "process", labels, since: new Date() });
  return { container: await register.add(name, pid, look) };
}

function read(pid: number): ProcessInfo {
  try {
    return readProcess(pid);
  } catch (cause) {
    throw new UdevnsError("UDEVNS_E_PID", { pid, detail: (cause as Error).message }, { cause });
  }
}
