/**
 * `send TRANSPORT < orders`: sends orders as the injector does, by its own transport and senders, one JSON document a line; prints for
 * each the outcome and, at the end, the transport.
 */
import { readFileSync } from "node:fs";
import { type InjectWork, isUdevnsError } from "@udevns/protocol";
import { transportSetting } from "../../../services/injector/src/config.ts";
import { Senders } from "../../../services/injector/src/senders.ts";
import { openSender, openTransport, sentSoFar } from "../../../services/injector/src/transport.ts";

const [setting] = process.argv.slice(2);
const transport = openTransport(transportSetting({ UDEVNS_TRANSPORT: setting }));
const senders = new Senders(
  (target) => openSender(transport, target),
  () => undefined,
);

function outcome(work: InjectWork): string {
  const before = sentSoFar(transport);
  try {
    senders.reach(work.container);
    senders.send(work);
    // By this the injector knows after a crash whether its last event went out; udev's messages do not move it.
    return sentSoFar(transport) === before ? "sent, uncounted" : "sent";
  } catch (error) {
    return isUdevnsError(error) ? error.code : String(error);
  }
}

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean))
  process.stdout.write(`${outcome(JSON.parse(line) as InjectWork)}\n`);
process.stdout.write(`${transport.kind}\n`);
senders.closeAll();
