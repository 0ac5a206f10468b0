import { mkdirSync } from "node:fs";
import { type Bus, connectBus, provision } from "@udevns/bus";
import { closeFd, openUeventSocket } from "@udevns/native";
import { checkPolicy, formatDiagnostic } from "@udevns/policy";
import { type ServiceRole, serviceRoles, sharedStreams, UdevnsError } from "@udevns/protocol";
import { baseConfig, handDown, integer, readPolicySources, ueventBufferBytes } from "@udevns/service";
import type { Output } from "../output.ts";
import { allReady, listenForStatuses, statusKey } from "../statuses.ts";
import type { Programs } from "./bundle.ts";
import { Child, type ChildPlan } from "./child.ts";
import { embeddedNats } from "./embedded-nats.ts";
import { preparePrograms } from "./prepare-programs.ts";
import { makeStateDirectory } from "./state-directory.ts";
import { storeRepair } from "./store-repair.ts";

const READY_MS = 30_000;
/** Longest wait before what ended is started again, unless `UDEVNS_RESTART_MS` says another. */
const RESTART_MS = 5_000;
const REPAIR_MS = 1_000;
/** These are made anew whenever the server is started again, and hold nothing that is not said again. */
const inMemory = new Set(sharedStreams.filter(({ lastOnly }) => lastOnly).map(({ name }) => name));

/** `udevns up`: everything that one host needs, until TERM or INT. */
export async function up(out: Output, { policy }: { policy?: string }): Promise<number> {
  checkRights();
  checkPolicyFiles(policy);
  const config = baseConfig(process.env, "cli");
  const { host, stateDir, runDir } = config;
  const socketBytes = ueventBufferBytes(process.env);
  const lastDelayMs = integer(process.env, "UDEVNS_RESTART_MS", RESTART_MS, [1, 3_600_000]);
  makeStateDirectory(stateDir);
  mkdirSync(runDir, { recursive: true, mode: 0o700 });
  const stop = stopSignal();
  const onEnd = (name: string, how: string) => out.note(`${name} ${how}`);
  const nats = process.env.NATS_URL ? undefined : await embeddedNats(process.env, config);
  const preparing = preparePrograms(process.env, stateDir, (text) => out.note(text));
  const children: Child[] = [];
  const start = (plan: Omit<ChildPlan, "lastDelayMs">): Child => {
    const child = new Child({ ...plan, lastDelayMs }, onEnd);
    children.push(child);
    child.start();
    return child;
  };
  try {
    if (nats !== undefined) {
      start(nats.plan);
      await nats.listening();
    }
    const access = (role: ServiceRole | "cli") =>
      nats === undefined ? {} : { NATS_URL: nats.url, ...nats.access(role) };
    const settings = baseConfig({ ...process.env, ...access("cli") }, "cli").bus;
    const bus = await Promise.race([connectBus({ ...settings, wait: true }), stop]);
    if (bus === undefined) return 0;
    const wanted = { hosts: [host], replicas: 1 };
    await provision(bus, wanted);
    const services: Child[] = [];
    if (nats !== undefined)
      bus.onReconnect(
        storeRepair({
          lost: async () => {
            const steps = await provision(bus, wanted, true);
            return steps.some(({ action, stream }) => action === "create" && !inMemory.has(stream));
          },
          make: () => provision(bus, wanted),
          /** A server that lost its store has neither streams nor levels, and the services speak of what they wrote there. */
          beginAnew: () => {
            out.note("nats-server has lost its store: the services begin anew");
            for (const [index, role] of serviceRoles.entries()) if (role !== "inventory") services[index]?.kill();
          },
          note: (text) => out.note(text),
          stop,
          delayMs: REPAIR_MS,
        }),
      );
    const env = {
      // Each thread of a service gets a heap of its own from glibc (mallopt(3), M_ARENA_MAX), and most of each stays empty.
      MALLOC_ARENA_MAX: "2",
      ...process.env,
      UDEVNS_HOST: host,
      ...(policy === undefined ? {} : { UDEVNS_POLICY: policy }),
    };
    const socket = openUeventSocket({ groups: ["kernel", "udev"], receiveBufferBytes: socketBytes });
    const { programs } = await preparing;
    for (const role of serviceRoles)
      services.push(start(servicePlan(role, programs, { ...env, ...access(role) }, socket)));
    process.on("SIGHUP", () => {
      for (const service of services) service.reload();
    });
    void sayWhenReady(out, bus, host, settings.url);
    await stop;
    // In the order of the flow, so that each still finds the next one, and the bus, listening.
    for (const service of services) await service.stop();
    await bus.close();
    closeFd(socket);
    return 0;
  } finally {
    for (const child of children) await child.stop();
    (await preparing).remove();
  }
}

async function sayWhenReady(out: Output, bus: Bus, host: string, url: string): Promise<void> {
  for (;;) {
    const seen = await listenForStatuses(bus, undefined, allReady(host), READY_MS);
    if (allReady(host)(new Map(seen.map((each) => [statusKey(each), each])))) break;
    if (bus.nc.isClosed()) return;
    out.note(`not every service of ${host} is ready yet; see udevns status`);
  }
  out.note(`udevns is ready on ${host}, bus ${url}`);
}

/** Only capture gets the uevent socket; it is kept here so that events wait in it while capture is down. */
function servicePlan(
  role: ServiceRole,
  programs: Programs,
  env: NodeJS.ProcessEnv,
  socket: number,
): Omit<ChildPlan, "lastDelayMs"> {
  // A small young generation: messages die young, and five services share the host with its containers.
  const plan = { name: role, command: process.execPath, args: ["--max-semi-space-size=2", ...programs(role)], env };
  return role === "capture" ? { ...plan, env: { ...env, ...handDown(3) }, descriptors: [socket] } : plan;
}

/** The policy service would keep to an older policy, or end again and again; who types the command wants to be told. */
function checkPolicyFiles(path: string | undefined): void {
  if (path === undefined) return;
  const sources = readPolicySources(path);
  if (sources.length === 0) throw new UdevnsError("UDEVNS_E_POLICY_FILE", { file: path, detail: "no such file" });
  const { ok, diagnostics } = checkPolicy(sources);
  if (ok) return;
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  throw new UdevnsError("UDEVNS_E_POLICY_FILE", { file: path, detail: errors.map(formatDiagnostic).join("\n") });
}

function checkRights(): void {
  if (process.getuid?.() !== 0)
    throw new UdevnsError("UDEVNS_E_RIGHTS", {
      what: "udevns up",
      need: "root (CAP_SYS_ADMIN, CAP_MKNOD, CAP_NET_ADMIN)",
    });
}

/** One Ctrl-C may come twice, from the terminal and from npm: what comes while we stop changes nothing. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve());
  });
}
