import type { PeerCertificate } from "node:tls";
import { expect, test } from "@jest/globals";
import { serverIdentity } from "../src/server-identity.ts";

const certificateOf = (subjectaltname: string) => ({ subjectaltname, subject: { CN: "nats" } }) as PeerCertificate;
/** What Node.js asks for where the client has named no server. */
const UNNAMED = "localhost";

test("a server that is known by its address shows that address", () => {
  const check = serverIdentity("nats://10.0.0.1:4222,tls://10.0.0.2:4222,[fd00::1]:4222");
  expect(check(UNNAMED, certificateOf("IP Address:10.0.0.2"))).toBeUndefined();
  expect(check(UNNAMED, certificateOf("IP Address:FD00:0:0:0:0:0:0:1"))).toBeUndefined();
  expect(check(UNNAMED, certificateOf("IP Address:10.0.0.3"))).toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  expect(check(UNNAMED, certificateOf("DNS:localhost"))).toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
});

test("one that is known by its name shows that name", () => {
  const check = serverIdentity("nats://hub:4222,10.0.0.1");
  expect(check("hub", certificateOf("DNS:hub"))).toBeUndefined();
  expect(check("hub", certificateOf("IP Address:10.0.0.1"))).toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  expect(serverIdentity("localhost:4222")(UNNAMED, certificateOf("DNS:localhost"))).toBeUndefined();
});
