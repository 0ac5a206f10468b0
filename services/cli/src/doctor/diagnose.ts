import type { ContainerRecord, GateState } from "@udevns/protocol";
import { gateText } from "../gates.ts";

/** What is seen of one container from the host. */
export interface ContainerFacts {
  readonly record: ContainerRecord;
  /** What came of policy's word, where it has one. */
  readonly gate: GateState | undefined;
  /** Whether the kernel broadcasts the host's events to its network namespace. */
  readonly hearsHost: boolean;
  /** False where /proc does not let us look. */
  readonly readable: boolean;
  readonly devIsHosts: boolean;
  readonly sysReadOnly: boolean;
  readonly runReadOnly: boolean;
  /** Something of udev's that is a socket: its udevd's; a file: ours. */
  readonly control: "socket" | "file" | "missing";
  readonly listensToKernel: boolean;
  readonly listensToUdev: boolean;
}

export interface HostFacts {
  readonly root: boolean;
  /** Why there can be no BPF gate; undefined where there can. */
  readonly bpfGate: string | undefined;
  readonly udev: boolean;
  /** net.core.bpf_jit_harden: with 2 the kernel shows no program's text. */
  readonly jitHarden: number;
  readonly lxcCgroup: boolean;
}

export interface Finding {
  readonly level: "ok" | "note" | "problem";
  readonly check: "leak" | "dev" | "sys" | "udev" | "cgroup" | "rights";
  readonly text: string;
  readonly mend?: string;
}

const ok = (check: Finding["check"], text: string): Finding => ({ level: "ok", check, text });
const note = (check: Finding["check"], text: string, mend?: string): Finding => ({
  level: "note",
  check,
  text,
  ...(mend === undefined ? {} : { mend }),
});
const problem = (check: Finding["check"], text: string, mend: string): Finding => ({
  level: "problem",
  check,
  text,
  mend,
});

export function diagnoseHost({ root, bpfGate, udev, jitHarden }: HostFacts): Finding[] {
  return [
    root
      ? ok("rights", "runs as root")
      : problem("rights", "does not run as root", "run it as root: it reads /proc of every container"),
    udev
      ? ok("udev", "the host has a udevd: containers without one get its properties")
      : note("udev", "the host has no udevd: properties and by-id links are worked out from the kernel's words"),
    jitHarden < 2
      ? ok("cgroup", "device programs can be read and extended")
      : problem("cgroup", "net.core.bpf_jit_harden=2 hides the runtime's device program", "set it to 0 or 1"),
    bpfGate === undefined
      ? ok("leak", "a BPF gate can keep the host's events out of containers")
      : note("leak", `no BPF gate: ${bpfGate}`, "udevns-oci or udevns.ko can do it instead (docs/kernel.md)"),
  ];
}

export function diagnose(facts: ContainerFacts, host: HostFacts): Finding[] {
  const { record, readable } = facts;
  if (!readable)
    return [
      problem("rights", `/proc/${record.pid} does not let us look`, "run it as root, in the host's pid namespace"),
    ];
  return [leak(facts), dev(facts), sys(facts), udev(facts), cgroup(facts, host)];
}

/** The kernel broadcasts to the network namespaces that the initial user namespace owns, and to no other (since 4.18). */
const leak = ({ record, gate, hearsHost }: ContainerFacts): Finding => {
  if (!hearsHost)
    return ok(
      "leak",
      record.userNamespaced
        ? "hears none of the host's events: it has a user namespace"
        : "hears none of the host's events: another user namespace owns its network",
    );
  if (gate !== undefined && gate.kind !== "none")
    return ok("leak", `the host's events are kept out of it: ${gateText(gate)}`);
  if (gate?.wish === "require")
    return problem("leak", `it gets no device: policy requires a gate, and ${gate.detail}`, "see docs/kernel.md");
  return note(
    "leak",
    `hears all of the host's own events${gate === undefined ? "" : ` (${gate.detail})`}`,
    "give it a user namespace, or use the gate (docs/kernel.md)",
  );
};

const dev = ({ devIsHosts, record }: ContainerFacts): Finding => {
  if (devIsHosts)
    return problem("dev", "its /dev is the host's: no node is made or removed in it", "do not bind /dev into it");
  return ok("dev", record.userNamespaced ? "nodes are bound into its /dev" : "nodes are made in its /dev");
};

const sys = ({ sysReadOnly }: ContainerFacts): Finding =>
  sysReadOnly
    ? note(
        "sys",
        "/sys is read-only: systemd does not start a udevd there, `udevadm trigger` fails",
        "it needs neither: udevns tells it of every device that it has",
      )
    : ok("sys", "/sys is writable");

const udev = ({ control, listensToKernel, listensToUdev, runReadOnly, record }: ContainerFacts): Finding => {
  const choice = record.labels["udevns.udev"];
  if (control === "socket" || choice === "udevd")
    return listensToKernel
      ? ok("udev", "its own udevd listens")
      : note("udev", "it has a udevd that does not listen now: its devices are told once it does");
  if (runReadOnly)
    return problem(
      "udev",
      "no udevd, and /run is read-only: programs cannot find devices by libudev",
      "mount a tmpfs on /run/udev",
    );
  const listeners = listensToUdev ? "a program listens to libudev" : "no program listens now";
  return ok("udev", `no udevd: udevns keeps its database and tells its programs (${listeners})`);
};

const cgroup = ({ record }: ContainerFacts, { lxcCgroup }: HostFacts): Finding => {
  const v1 = record.cgroups.find(({ controllers }) => controllers.includes("devices"))?.path ?? "/";
  const v2 = record.cgroups.find(({ controllers }) => controllers.length === 0)?.path ?? "/";
  if (v1 === "/" && v2 === "/") return ok("cgroup", "in the root cgroup: its devices are not limited");
  if (v2 !== "/" && record.runtime === "lxc" && !lxcCgroup)
    return problem("cgroup", "LXC's permissions are changed by lxc-cgroup, which is not there", "install LXC's tools");
  const versions = [v1 === "/" ? "" : `v1 ${v1}`, v2 === "/" ? "" : `v2 ${v2}`].filter((text) => text !== "");
  return ok("cgroup", versions.join(", "));
};
