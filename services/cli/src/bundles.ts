import { chmodSync, chownSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BusUser, keyFile } from "@udevns/bus";
import { type ServiceRole, serviceRoles, UdevnsError } from "@udevns/protocol";
import type { CredentialStep } from "./credentials.ts";

export interface BundleOptions {
  /** Where all keys are. */
  readonly credentials: string;
  /** With a directory for each that shall have its own, by its name: a service's, a person's kind or `nats`. */
  readonly bundles: string;
  /** Who a service of this host is on the bus. */
  readonly userOf: (role: ServiceRole) => BusUser;
  /** User ids of those who are not root. */
  readonly owners: ReadonlyMap<string, number>;
}

/** Gives everyone who has a directory what it needs and nothing of anybody else's. Nobody else may look into it. */
export function dealOut({ credentials, bundles, userOf, owners }: BundleOptions): CredentialStep[] {
  return readdirSync(bundles).flatMap((name) => {
    const directory = join(bundles, name);
    const owner = owners.get(name);
    const steps = filesOf(name, userOf).map((file): CredentialStep => {
      put(directory, file, readFileSync(join(credentials, file)), owner);
      return { file: join(name, file), action: "write" };
    });
    // In this order, and once: what is another user's already may not be changed without CAP_FOWNER.
    if ((statSync(directory).mode & 0o777) !== 0o700) chmodSync(directory, 0o700);
    if (owner !== undefined) chownSync(directory, owner, owner);
    return steps;
  });
}

/** @throws UDEVNS_E_CONFIG */
function filesOf(name: string, userOf: BundleOptions["userOf"]): string[] {
  if (name === "nats") return ["ca.pem", "server.pem", "server-key.pem", "users.conf"];
  if (name === "operator" || name === "viewer" || name === "admin") return ["ca.pem", keyFile({ kind: name })];
  if (!isRole(name))
    throw new UdevnsError("UDEVNS_E_CONFIG", { name: "--bundles", detail: `nobody is called ${name}` });
  return ["ca.pem", keyFile(userOf(name))];
}

const isRole = (name: string): name is ServiceRole => (serviceRoles as readonly string[]).includes(name);

/** Whoever reads it meanwhile finds the old one or the new one, whole. */
function put(directory: string, file: string, content: Buffer, owner: number | undefined): void {
  const temporary = join(directory, `.${file}`);
  rmSync(temporary, { force: true });
  writeFileSync(temporary, content, { mode: 0o600, flag: "wx" });
  if (owner !== undefined) chownSync(temporary, owner, owner);
  renameSync(temporary, join(directory, file));
}
