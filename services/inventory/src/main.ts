import { Bucket, serve } from "@udevns/bus";
import { AttachRequest, bucketNames, ContainerRecord, checked, DetachRequest, subjects, token } from "@udevns/protocol";
import { claimRole, runService } from "@udevns/service";
import { attach } from "./attach.ts";
import { Register } from "./register.ts";

await runService("inventory", "0.1.0", async (context) => {
  const { bus, host } = context;
  await claimRole("inventory", host);
  const bucket = new Bucket(bus, bucketNames.containers);
  const register = new Register(context, bucket);
  context.onStop(() => register.close());
  const written = await bucket.entries(`${token(host)}.`, `inventory-${token(host)}`);
  await register.resume(written.map(({ key, value }) => checked(ContainerRecord, JSON.parse(value), key)));
  context.onStop(
    serve(bus, subjects.rpc(host, "attach"), AttachRequest, (request) => attach(context, register, request)),
  );
  context.onStop(serve(bus, subjects.rpc(host, "detach"), DetachRequest, ({ name }) => register.remove(name)));
  context.setReady(true, "watching");
});
