import { LogWriter, serve } from "@udevns/bus";
import { openUeventMonitor } from "@udevns/native";
import { Empty, streamNames, subjects } from "@udevns/protocol";
import { claimRole, runService } from "@udevns/service";
import { Capture } from "./capture.ts";
import { captureConfig } from "./config.ts";
import { Keeper } from "./keeper.ts";
import { OneByOne } from "./one-by-one.ts";
import { Outlet } from "./outlet.ts";
import { readSaid } from "./said.ts";
import { readSeqnum, SYSFS } from "./scan.ts";
import { settled } from "./settled.ts";
import { lastKnown } from "./unheard.ts";
import { openUnstored } from "./unstored.ts";
import { followWantedAttributes } from "./wanted-attributes.ts";

await runService("capture", "0.1.0", async (context) => {
  const { bus, host, env, log, counters } = context;
  const config = captureConfig(env, context.config);
  await claimRole("capture", host);
  const writer = await LogWriter.open(bus, streamNames.uevent(host));
  const unstored = openUnstored(config.unstoredFile);
  const outlet = new Outlet(writer, config.maxPending, {
    onLoss: () => capture.scan("the bus was away too long"),
    onIdle: () => monitor.eraseJournal(handedIn),
  });
  const capture = new Capture(context, config, outlet, () => settled(monitor, () => handedIn));
  const known = await lastKnown(bus, context, unstored.left);
  capture.remember((await readSaid(bus, host)).all());
  // What was stored before the crash is recognised by its id.
  capture.hear(unstored.left);

  // The socket first, the scan second: what happens in between is in the socket and finds its device already known.
  const { receiveBufferBytes } = config;
  const keeper = config.keeper === undefined ? undefined : new Keeper(config.keeper, log);
  const waited = config.socket === undefined ? keeper?.take() : { fd: config.socket, fresh: false };
  let handedIn = 0;
  const monitor = openUeventMonitor(
    {
      groups: ["kernel", "udev"],
      receiveBufferBytes,
      journal: unstored.fd,
      ...(waited === undefined ? {} : { fd: waited.fd }),
    },
    {
      onEvents: (batch) => {
        handedIn += batch.length;
        capture.hear(batch);
      },
      onOverflow: (where, lost) => {
        counters.add(`overflows_${where}`);
        log.warn({ where, lost }, "uevents were lost on the way in");
        setImmediate(() => void capture.scan(`${where} overflow`));
      },
      onError: context.fail,
    },
  );
  context.onStop(() => monitor.close());
  keeper?.share(monitor.fd);
  context.onStop(() => keeper?.close());
  // A socket that is new has nothing of what happened since the last capture ended.
  if (known !== undefined && (waited === undefined || waited.fresh)) {
    const atMost = Math.max(0, readSeqnum(SYSFS) - known);
    counters.add("uevents_unheard", atMost);
    log.warn({ atMost }, "nobody listened for a while: a scan of /sys says what differs since");
  }
  context.onStop(() => writer.flush());
  context.onStop(() => capture.close());
  const comparison = new OneByOne(() =>
    capture.scanAgainst(
      () => readSaid(bus, host),
      () => writer.flush(),
    ),
  );
  context.onStop(serve(bus, subjects.rpc(host, "scan"), Empty, () => comparison.run()));
  const followed = await followWantedAttributes(bus, host, (names) => {
    capture.want(names);
    void capture.scan("the policy asks for other attributes").catch(context.fail);
  });
  context.onStop(() => followed.reader.close());
  capture.want(followed.first);
  await capture.scan("start");
  await writer.flush();
  context.setReady(true, "listening");
});
