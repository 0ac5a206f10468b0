import { call } from "@udevns/bus";
import { Empty, subjects } from "@udevns/protocol";
import type { CommandContext } from "../command.ts";

/** `udevns detach NAME`: udevns takes back what it gave and forgets the container; the process goes on. */
export async function detach({ bus, host, out }: CommandContext, name: string): Promise<number> {
  await call(bus, subjects.rpc(host, "detach"), { name }, Empty);
  out.print({ ok: true, name }, () => `${name} is detached`);
  return 0;
}
