/** A common question, the line of the NATS CLI that answers it, and ours. On host `a`, of container `c`. */
export interface Question {
  readonly question: string;
  readonly nats: string;
  /** None where only the NATS CLI answers it. */
  readonly udevns?: string;
}

const ask = (question: string, nats: string, udevns?: string): Question =>
  udevns === undefined ? { question, nats } : { question, nats, udevns };
const hear = (question: string, subject: string): Question =>
  ask(question, `nats sub '${subject}'`, `udevns tap '${subject}'`);

export const questions: readonly Question[] = [
  ask("what happens now?", "nats sub 'udevns.v1.>'", "udevns tap"),
  ask("the same in words?", "nats sub 'udevns.v1.>'", "udevns monitor"),
  hear("what does the kernel of host a say?", "udevns.v1.uevent.a.>"),
  hear("which orders go to container c?", "udevns.v1.work.*.a.c"),
  hear("what comes of them?", "udevns.v1.result.a.c.*"),
  hear("which containers start and stop?", "udevns.v1.container.>"),
  hear("what is decided?", "udevns.v1.audit.*.decision"),
  ask(
    "what was decided, done and claimed in the last hour?",
    "nats stream view UDEVNS_AUDIT --since 1h",
    "udevns events --since 1h",
  ),
  ask("who has what?", "nats kv ls UDEVNS_GRANTS -v", "udevns devices"),
  ask("which devices are there?", "nats kv ls UDEVNS_DEVICES -v", "udevns devices --all"),
  ask("which containers are there?", "nats kv ls UDEVNS_CONTAINERS -v", "udevns containers"),
  ask("who claimed what?", "nats kv ls UDEVNS_CLAIMS -v"),
  ask("which policy is in force?", "nats kv get UDEVNS_POLICY current --raw", "udevns policy show"),
  ask("which hosts are there, and do they work?", "nats kv ls UDEVNS_HOSTS", "udevns status"),
  ask(
    "when did capture on host a last speak?",
    "nats stream get UDEVNS_STATUS --last-for udevns.v1.status.a.capture",
    "udevns status",
  ),
  ask("who decides for host a?", "nats kv get UDEVNS_LEASES a.policy --raw", "udevns status"),
  ask("is a log's reader behind?", "nats consumer report UDEVNS_DEVNODE_a", "udevns status"),
  ask("how full are the logs?", "nats stream report"),
  ask("which services answer?", "nats micro ls", "udevns tap --services"),
  ask("what does a service say of itself?", "nats micro info udevns-capture"),
  ask("the same without that command?", "nats req '$SRV.INFO.udevns-capture' ''"),
  ask("does a service answer at all?", "nats req '$SRV.PING.udevns-capture' ''", "udevns health capture"),
  ask("does /sys of host a say anything else?", "nats req udevns.v1.rpc.a.scan ''"),
];
