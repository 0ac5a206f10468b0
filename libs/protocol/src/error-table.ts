/**
 * Every error udevns can report: one row each. `exit` is the exit code of a command that ends by it
 * (0-2, then sysexits: 69 bus unavailable, 77 permission, 78 configuration); `{name}` are filled in by the thrower.
 */
interface ErrorRow {
  readonly message: string;
  /** What the reader can do about it. */
  readonly mend: string;
  readonly exit: 1 | 2 | 69 | 77 | 78;
  /** True where trying the same again may succeed. */
  readonly retry: boolean;
}

const row = (message: string, mend: string, exit: ErrorRow["exit"] = 1, retry = false): ErrorRow => ({
  message,
  mend,
  exit,
  retry,
});

export const errorTable = {
  UDEVNS_E_USAGE: row("{detail}", "see `udevns --help`", 2),
  UDEVNS_E_INTERNAL: row("{detail}", "report it with the log", 1),
  UDEVNS_E_CONFIG: row(
    "{name}: {detail}",
    "correct the setting; `docs/operations.md` lists them, the service's README its own",
    78,
  ),
  UDEVNS_E_RIGHTS: row("{what} needs {need}", "start it as root, or with the capabilities its README names", 77),
  UDEVNS_E_SETUP: row("{what} is missing", "run `npm run setup`", 78),

  UDEVNS_E_BUS_UNAVAILABLE: row(
    "no NATS server answers at {url}: {detail}",
    "start one (`udevns up`), or set NATS_URL",
    69,
    true,
  ),
  UDEVNS_E_BUS_TIMEOUT: row(
    "no answer on {subject} within {ms} ms",
    "see whether that service runs: `udevns status`",
    69,
    true,
  ),
  UDEVNS_E_BUS_FENCED: row(
    "stream {stream} has another writer (expected sequence {expected}, found {found})",
    "only one process may write it; this one gives way",
    1,
  ),
  UDEVNS_E_BUS_DENIED: row("the bus refused {subject}", "check this service's credentials (docs/security.md)", 77),
  UDEVNS_E_BUS_UNFIT: row(
    "the bus takes no message of {bytes} bytes on {subject}: {detail}",
    "it was given up and counted; raise max_payload of the NATS servers",
    1,
  ),
  UDEVNS_E_BUS_STORAGE: row(
    "NATS has no room for {stream}: {detail}",
    "free disk space below its store, or raise its max_file_store (docs/operations.md, sizing)",
    69,
  ),
  UDEVNS_E_BUS_DISCARDED: row(
    "up to {count} messages of {stream} went by its limits before {consumer} read them",
    "of uevents, policy has capture say what differs; of orders, start that host's containers again; give the logs more room with `udevns provision --host-mib`",
    1,
  ),
  UDEVNS_E_BUS_CLUSTER: row(
    "JetStream at {url} cannot keep {stream} now: {detail}",
    "see that as many of its servers run and reach one another as there shall be copies (docs/operations.md)",
    69,
    true,
  ),
  UDEVNS_E_BUS_COPY: row(
    "stream {stream} is a copy here of the one in JetStream domain {domain}",
    "make the change there; it comes here by itself",
    1,
  ),
  UDEVNS_E_STREAM_MISSING: row("stream {stream} does not exist", "run `udevns provision`", 78),
  UDEVNS_E_MESSAGE: row(
    "message on {subject} is not a valid {schema}: {detail}",
    "it was dropped and counted; upgrade its sender",
    1,
  ),

  UDEVNS_E_UEVENT: row("uevent of {bytes} bytes is malformed: {detail}", "it was dropped and counted", 1),
  UDEVNS_E_UEVENT_SIZE: row(
    "uevent {devpath} has {bytes} bytes, {max} fit",
    "nothing to mend: its MODALIAS is already left out",
    1,
  ),

  UDEVNS_E_SCAN: row(
    "{withheld} differences between /sys and what is known were not said: the kernel spoke of devices around them in each of {looks} looks",
    "ask again when fewer events come; policy does so by itself",
    1,
    true,
  ),

  UDEVNS_E_PID: row("pid {pid}: {detail}", "give the pid of a running process in the container", 1),
  UDEVNS_E_PID_HOST: row(
    "pid {pid} is not in a container: it shares the host's {namespaces} namespace",
    "give the pid of a process with its own network and mount namespace",
    1,
  ),
  UDEVNS_E_CONTAINER_NAME: row(
    "container name {name} is taken by pid {pid}",
    "choose another, or `udevns detach {name}` first",
    1,
  ),
  UDEVNS_E_CONTAINER_UNKNOWN: row("no container named {name} on {host}", "`udevns containers` lists them", 1),
  UDEVNS_E_CONTAINER_GONE: row(
    "container {name} ({instance}) is gone",
    "nothing to mend: what was made for it is cleaned up",
    1,
  ),

  UDEVNS_E_DEVICE_UNKNOWN: row("no device {device} on {host}", "`udevns devices` lists them", 1),
  UDEVNS_E_NODE_HOST_DEV: row(
    "the /dev of container {name} is the host's own",
    "give the container its own /dev; udevns makes and removes nothing in the host's",
    1,
  ),
  UDEVNS_E_NODE_EXISTS: row(
    "{path} in container {name} exists and is not ours ({kind})",
    "remove it in the container, or name the node otherwise in the rule",
    1,
  ),
  UDEVNS_E_NODE_PATH: row(
    "node name {path} is not a plain path below /dev",
    "it was refused; no component may be empty, `.` or `..`",
    1,
  ),
  UDEVNS_E_NODE_NAME_TAKEN: row(
    "node name {path} is wanted by two devices of {unit}",
    "tell them apart in the rule's `nodes`, with {number} or {kernel} in the name",
    1,
  ),
  UDEVNS_E_NODE_FS: row("/dev of container {name} cannot hold a node: {detail}", "mount a writable tmpfs there", 1),
  UDEVNS_E_CGROUP: row(
    "cgroup {cgroup} is not container {name}'s own: {detail}",
    "give the container a cgroup of its own; udevns changes the permissions of no other",
    1,
  ),
  UDEVNS_E_PERMISSION: row(
    "container {name} cannot be allowed device {device}: {detail}",
    "see docs/runtimes.md, Permission",
    1,
    true,
  ),
  UDEVNS_E_RUNTIME: row(
    "{runtime} at {place}: {detail}",
    "see whether it runs; udevns asks it again by itself",
    1,
    true,
  ),
  UDEVNS_E_SYSCALL: row("{syscall} {target}: {errno}", "see the cause's man page", 1),
  UDEVNS_E_INJECT: row("uevent {devpath} to container {name}: {errno}", "see docs/kernel.md", 1),

  UDEVNS_E_TRANSPORT: row(
    "no way to send events with UDEVNS_TRANSPORT={setting}: {detail}",
    "use a kernel from 4.18 on, or load udevns.ko (docs/kernel.md)",
    78,
  ),
  UDEVNS_E_GATE: row(
    "the host's events cannot be kept out of container {name}, as policy requires: {detail}",
    "see `udevns doctor`; docs/kernel.md says what each kind of gate needs",
    78,
  ),

  UDEVNS_E_POLICY_FILE: row("{file}: {detail}", "correct the file; `udevns policy check` shows every place", 78),
  UDEVNS_E_CLAIM_CONFLICT: row(
    "{unit} is held by {owner}",
    "release it there first, or `udevns move {unit} {container}`",
    1,
  ),
  UDEVNS_E_CLAIM_RACE: row(
    "the claim on {unit} was changed by others {attempts} times while this one was made",
    "try again; `udevns events` shows who changes it",
    1,
    true,
  ),
  UDEVNS_E_STATE: row("state file {path}: {detail}", "remove it; udevns works out anew what it holds", 1),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;
