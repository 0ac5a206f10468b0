/**
 * `send TRANSPORT < orders`: sends orders as the injector does, by its own transport and senders, one JSON document a line; prints for
 * each the outcome and, at the end, the transport.
 */
import { readFileSync } from "node:fs";
import { openReceipt } from "@udevns/native";
import { type InjectWork, isUdevnsError } from "@udevns/protocol";
import { transportSetting } from "../../../services/injector/src/config.ts";
import { Senders } from "../../../services/injector/src/senders.ts";
import { openSender, openTransport } from "../../../services/injector/src/transport.ts";

const RECEIPT = "/run/receipt";

const receipt = openReceipt(RECEIPT);
const [setting] = process.argv.slice(2);
const transport = openTransport(transportSetting({ UDEVNS_TRANSPORT: setting }));
const senders = new Senders(
  (target) => openSender(transport, target),
  () => undefined,
);

function outcome(work: InjectWork): string {
  try {
    senders.reach(work.container);
    senders.send(work, { receipt, note: work.uevent.devpath });
    // By this the injector knows after a crash whether its last event went out.
    const { last } = openReceipt(RECEIPT);
    return last?.sent && last.note === work.uevent.devpath ? "sent" : "sent, unnoted";
  } catch (error) {
    return isUdevnsError(error) ? error.code : String(error);
  }
}

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean))
  process.stdout.write(`${outcome(JSON.parse(line) as InjectWork)}\n`);
process.stdout.write(`${transport.kind}\n`);
senders.closeAll();
