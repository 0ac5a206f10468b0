import { Bucket, serve } from "@udevns/bus";
import {
  AttachRequest,
  bucketNames,
  ContainerRecord,
  DetachRequest,
  decodeEntries,
  subjects,
  token,
} from "@udevns/protocol";
import { claimRole, runService } from "@udevns/service";
import { attach } from "./attach.ts";
import { runtimeAdapters } from "./config.ts";
import { RuntimeFollower } from "./follow-runtime.ts";
import { Register } from "./register.ts";
import { takeIn } from "./take-in.ts";

await runService("inventory", "0.1.0", async (context) => {
  const { bus, host, env } = context;
  const adapters = runtimeAdapters(env);
  await claimRole("inventory", host);
  const bucket = new Bucket(bus, bucketNames.containers);
  const register = new Register(context, bucket);
  context.onStop(() => register.close());
  const written = await bucket.list(`${token(host)}.`);
  await register.resume(decodeEntries(ContainerRecord, written, bus.onMalformed));
  bus.onReconnect(() => void register.writeAgain().catch(context.fail));
  context.onStop(
    serve(bus, subjects.rpc(host, "attach"), AttachRequest, (request) => attach(context, register, request)),
  );
  context.onStop(serve(bus, subjects.rpc(host, "detach"), DetachRequest, ({ name }) => register.dismiss(name)));
  for (const adapter of adapters) {
    const follower = new RuntimeFollower(context, adapter, (sightings) =>
      takeIn(context, register, adapter.runtime, sightings),
    );
    context.onStop(() => follower.close());
  }
  context.setReady(true, `watching ${["processes", ...adapters.map(({ runtime }) => runtime)].join(", ")}`);
});
