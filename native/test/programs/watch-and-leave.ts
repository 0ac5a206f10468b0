// Waits for the exit of its parent and has nothing else to do: Node must end at once.
import { openPidfd } from "../../src/index.ts";

openPidfd(process.ppid).onExit(() => {});
console.log("watching");
