import { Bucket, LogWriter, serve } from "@udevns/bus";
import { openUeventMonitor } from "@udevns/native";
import { bucketNames, checked, DeviceRecord, Empty, streamNames, subjects, token } from "@udevns/protocol";
import { claimRole, runService } from "@udevns/service";
import { Capture } from "./capture.ts";
import { captureConfig } from "./config.ts";
import { Outlet } from "./outlet.ts";

await runService("capture", "0.1.0", async (context) => {
  const { bus, host, env, log, counters } = context;
  const config = captureConfig(env);
  await claimRole("capture", host);
  const writer = await LogWriter.open(bus, streamNames.uevent(host));
  const outlet = new Outlet(writer, config.maxPending, () => capture.scan("the bus was away too long"));
  const capture = new Capture(context, config, outlet);
  const said = await new Bucket(bus, bucketNames.devices).entries(`${token(host)}.`, `capture-${token(host)}`);
  capture.remember(said.map(({ key, value }) => checked(DeviceRecord, JSON.parse(value), key)));

  // The socket first, the scan second: what happens in between is in the socket and finds its device already known.
  const monitor = openUeventMonitor(
    { groups: ["kernel", "udev"], receiveBufferBytes: config.receiveBufferBytes },
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
  capture.scan("start");
  await writer.flush();
  context.setReady(true, "listening");
});
