// What devnode does, by a process with the capabilities that it was started with. argv: a name of its own, pids of containers.
import { device } from "../../../services/devnode/test/support/builders.ts";
import { openWorkbench, targetFor, ZERO, zeroAt } from "../support/workbench.ts";

const [name = "", link = "", ...pids] = process.argv.slice(2);
const outcomes: string[] = [];
try {
  const bench = openWorkbench();
  for (const pid of pids) {
    const target = targetFor({ name: `guest-${pid}`, pid: Number(pid) });
    const node = zeroAt(`theirs/${name}`, { mode: 0o640, owner: 7, group: 8 });
    outcomes.push(await bench.give(target, node), await bench.take(target, ZERO.devpath));
    const interfaceOf = device(`/devices/virtual/net/${link}`, { subsystem: "net" });
    outcomes.push(await bench.give(target, undefined, { device: interfaceOf }));
    outcomes.push(await bench.take(target, interfaceOf.devpath));
  }
  await bench.close();
} catch (error) {
  outcomes.push(String(error));
}
console.log(JSON.stringify(outcomes));
process.exit(0);
