import { LogWriter, serve } from "@udevns/bus";
import { openUeventMonitor } from "@udevns/native";
import { Empty, streamNames, subjects } from "@udevns/protocol";
import { claimRole, runService } from "@udevns/service";
import { Capture } from "./capture.ts";
import { captureConfig } from "./config.ts";
import { drained } from "./drained.ts";
import { Outlet } from "./outlet.ts";
import { readSaid } from "./said.ts";
import { Unstored } from "./unstored.ts";

await runService("capture", "0.1.0", async (context) => {
  const { bus, host, env, log, counters } = context;
  const config = captureConfig(env, context.config);
  await claimRole("capture", host);
  const writer = await LogWriter.open(bus, streamNames.uevent(host));
  const unstored = new Unstored(config.unstoredFile);
  const outlet = new Outlet(writer, config.maxPending, () => capture.scan("the bus was away too long"));
  const capture = new Capture(context, config, outlet, unstored);
  capture.remember((await readSaid(bus, host)).all());
  capture.resume();

  // The socket first, the scan second: what happens in between is in the socket and finds its device already known.
  const { socket, receiveBufferBytes } = config;
  const monitor = openUeventMonitor(
    { groups: ["kernel", "udev"], receiveBufferBytes, ...(socket === undefined ? {} : { fd: socket }) },
    {
      onEvents: (batch) => capture.hear(batch),
      onOverflow: (where, lost) => {
        counters.add(`overflows_${where}`);
        log.warn({ where, lost }, "uevents were lost on the way in");
        setImmediate(() => capture.scan(`${where} overflow`));
      },
      onError: context.fail,
    },
  );
  context.onStop(() => monitor.close());
  context.onStop(() => writer.flush());
  context.onStop(serve(bus, subjects.rpc(host, "scan"), Empty, async () => capture.scan("asked for")));
  // What waited in a socket that was handed down is older than the scan, which would make it look out of date.
  if (socket !== undefined) await drained(monitor);
  capture.scan("start");
  await writer.flush();
  context.setReady(true, "listening");
});
