/** What V8's profiler writes: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

type Node = CpuProfile["nodes"][number];

export interface SelfTime {
  readonly name: string;
  readonly ms: number;
}

export interface SelfTimes {
  /** All but idle. */
  readonly busyMs: number;
  readonly functions: readonly SelfTime[];
  /** The same by who called for it: a file of ours or a package. */
  readonly modules: readonly SelfTime[];
}

export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): SelfTimes {
  const micros = new Map<number, number>();
  // A delta is the time that passed before its sample, so a sample lasts until the next one.
  samples.forEach((id, index) => {
    micros.set(id, (micros.get(id) ?? 0) + (timeDeltas[index + 1] ?? 0));
  });
  const owner = ownersOf(nodes);
  const functions = new Map<string, number>();
  const modules = new Map<string, number>();
  let busy = 0;
  for (const node of nodes) {
    const spent = micros.get(node.id) ?? 0;
    if (spent === 0 || node.callFrame.functionName === "(idle)") continue;
    busy += spent;
    const whose = owner(node);
    add(functions, `${nameOf(node, whose)}  ${whose}`, spent);
    add(modules, whose, spent);
  }
  return { busyMs: ms(busy), functions: descending(functions), modules: descending(modules) };
}

/** What is Node's own or built in is counted to whoever called for it. */
function ownersOf(nodes: readonly Node[]): (node: Node) => string {
  const parents = new Map(nodes.flatMap((parent) => (parent.children ?? []).map((id) => [id, parent] as const)));
  return (node) => {
    for (let at: Node | undefined = node; at !== undefined; at = parents.get(at.id)) {
      const module = moduleOf(at.callFrame.url);
      if (module !== undefined) return module;
    }
    return "node";
  };
}

/** `libs/bus/src/log-reader.ts`, `nats`; undefined for what is Node's. */
function moduleOf(url: string): string | undefined {
  const [, inModules] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  if (inModules !== undefined) return inModules;
  const [, ours] = /\/((?:libs|services|native)\/[^?]+)/.exec(url) ?? [];
  return ours;
}

/** To V8 all functions of an addon are one, with the name of any of them. */
const nameOf = ({ callFrame: { functionName, url } }: Node, owner: string): string =>
  url === "" && owner.startsWith("native/") ? "(addon)" : functionName || "(anonymous)";

function add(spent: Map<string, number>, name: string, micros: number): void {
  spent.set(name, (spent.get(name) ?? 0) + micros);
}

const descending = (spent: ReadonlyMap<string, number>): SelfTime[] =>
  [...spent].map(([name, micros]) => ({ name, ms: ms(micros) })).sort((a, b) => b.ms - a.ms);

const ms = (micros: number): number => Math.round(micros / 10) / 100;
