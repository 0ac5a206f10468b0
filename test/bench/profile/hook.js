// Loaded into every service by NODE_OPTIONS: SIGUSR2 starts the CPU profiler, the next one writes what it has seen.
// So the start of the process, which is mostly the compiling of modules, is not in it.
import { renameSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector";

const directory = process.env.UDEVNS_PROFILE_DIR;
const SAMPLE_MICROS = 200;
const session = new Session();
let running = false;
let count = 0;

session.connect();
session.post("Profiler.enable");
session.post("Profiler.setSamplingInterval", { interval: SAMPLE_MICROS });
process.on("SIGUSR2", () => {
  running = !running;
  if (running) return void session.post("Profiler.start");
  session.post("Profiler.stop", (error, { profile }) => {
    if (error) throw error;
    const file = `${directory}/${process.pid}-${count++}.cpuprofile`;
    writeFileSync(`${file}.new`, JSON.stringify(profile));
    renameSync(`${file}.new`, file);
  });
});
