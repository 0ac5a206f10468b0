// Ends worker threads at moments of their own while they open, send, watch and work: nothing may crash.
import { once } from "node:events";
import { Worker } from "node:worker_threads";

const start = () => new Worker(new URL("busy-worker.js", import.meta.url));
for (let round = 0; round < 6; round++) {
  const workers = [start(), start()];
  await Promise.all(workers.map((worker) => once(worker, "message")));
  for (let turn = 0; turn < round; turn++) await new Promise(setImmediate);
  await Promise.all(workers.map((worker) => worker.terminate()));
}
console.log("survived");
