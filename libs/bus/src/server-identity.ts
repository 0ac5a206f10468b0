import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";

type IdentityCheck = (name: string, certificate: PeerCertificate) => Error | undefined;

/**
 * Whether a certificate is one of the server's. The client names no server that it knows by its address alone, and Node.js then takes
 * it for `localhost`: such a one must show one of the addresses that it was asked for.
 */
export function serverIdentity(url: string): IdentityCheck {
  const hosts = url.split(",").map(hostOf);
  const addresses = hosts.filter((host) => isIP(host) !== 0);
  return (name, certificate) => {
    const names = hosts.includes(name) || addresses.length === 0 ? [name] : addresses;
    const errors = names.map((each) => checkServerIdentity(each, certificate));
    return errors.includes(undefined) ? undefined : errors[0];
  };
}

function hostOf(server: string): string {
  const { hostname } = new URL(server.includes("://") ? server : `nats://${server}`);
  return hostname.replace(/^\[(.*)\]$/, "$1");
}
