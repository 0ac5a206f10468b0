// Sends numbered events to the namespace of argv[2] until it is killed, each under its number in the receipt argv[3].
import { openPidfd, openReceipt, openUeventSender } from "../../src/index.ts";
import { uevent } from "../support/ear.ts";

const [, , pid, path, from] = process.argv;
const sender = openUeventSender(openPidfd(Number(pid)));
const receipt = openReceipt(path as string);
console.log("ready");
for (let number = Number(from); ; number += 1)
  sender.sendKernel(uevent(`/devices/${number}`), { uid: 0, gid: 0 }, { receipt, note: String(number) });
