import { connectBus, inboxPrefix, keyFile } from "@udevns/bus";
import { refusedPublishes, refusedSubscriptions } from "../support/attempts.ts";

// Reads { url, keys, user, publish, subscribe }; prints what of both lists the server refused to that user.
let text = "";
for await (const chunk of process.stdin) text += chunk;
const { url, keys, user, publish, subscribe } = JSON.parse(text);
const bus = await connectBus({
  url,
  name: "attempts",
  nkey: `${keys}/${keyFile(user)}`,
  ca: `${keys}/ca.pem`,
  inboxPrefix: inboxPrefix(user),
  onDenied: () => undefined,
  wait: false,
});
const refused = {
  publish: await refusedPublishes(bus, publish),
  subscribe: await refusedSubscriptions(bus, subscribe),
};
await bus.close();
process.stdout.write(JSON.stringify(refused));
