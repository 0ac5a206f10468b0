import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BusUser, createSeed, keyFile, publicKeyOf, usersConfig } from "@udevns/bus";
import { serviceRoles, untoken } from "@udevns/protocol";
import { writeCertificates } from "./certificates.ts";

/** What was done about one file. Files that are there are kept: a new host adds its own and changes nobody else's. */
export interface CredentialStep {
  readonly file: string;
  readonly action: "create" | "keep" | "write";
}

export interface KeyOptions {
  readonly directory: string;
  /** Those whose keys are there belong to it besides. */
  readonly hosts: readonly string[];
  /** Roles whose processes are not root's, with the user id that they have. */
  readonly owners: ReadonlyMap<string, number>;
}

export interface CredentialOptions extends KeyOptions {
  /** Names and addresses by which clients reach the servers; the usual ones without it. */
  readonly serverNames?: readonly string[] | undefined;
}

/** Writes keys and users, and a certificate authority with one certificate for the servers. */
export function writeCredentials({ serverNames, ...options }: CredentialOptions): CredentialStep[] {
  const steps = writeKeys(options);
  writeFileSync(join(options.directory, "server.conf"), serverConfig(options.directory), { mode: 0o600 });
  return [...steps, { file: "server.conf", action: "write" }, writeCertificates(options.directory, serverNames)];
}

/** Writes one NKey a user, and the server's list of users. Whose key shall not be valid any more is whose file is removed. */
export function writeKeys({ directory, hosts, owners }: KeyOptions): CredentialStep[] {
  mkdirSync(directory, { recursive: true });
  // Each may open the file that it knows and owns; nobody may list them.
  chmodSync(directory, 0o711);
  const all = [...new Set([...hosts, ...hostsThere(directory)])];
  const users: BusUser[] = [
    ...all.flatMap((host) => serviceRoles.map((role) => ({ kind: "service" as const, role, host }))),
    ...(["policy", "operator", "viewer", "admin"] as const).map((kind) => ({ kind })),
  ];
  const steps: CredentialStep[] = [];
  const keys = users.map((user) => {
    const file = keyFile(user);
    const path = join(directory, file);
    steps.push({ file, action: existsSync(path) ? "keep" : "create" });
    if (!existsSync(path)) writeFileSync(path, `${createSeed()}\n`, { mode: 0o600 });
    const owner = owners.get(user.kind === "service" ? user.role : user.kind);
    if (owner !== undefined) chownSync(path, owner, owner);
    return { user, publicKey: publicKeyOf(readFileSync(path, "ascii").trim()) };
  });
  writeFileSync(join(directory, "users.conf"), usersConfig(keys), { mode: 0o600 });
  return [...steps, { file: "users.conf", action: "write" }];
}

/** The hosts that have a key. One whose name is too long for a file's has to be named each time. */
const hostsThere = (directory: string): string[] =>
  readdirSync(directory).flatMap((file) => {
    const [, role = "", name = ""] = /^([a-z]+)-(.+)\.nk$/.exec(file) ?? [];
    return (serviceRoles as readonly string[]).includes(role) ? (untoken(name) ?? []) : [];
  });

/** For a server on this machine. nats-server looks for an include beside the file, but for certificates where it was started. */
const serverConfig = (directory: string): string => `include ./users.conf
tls {
  cert_file: ${JSON.stringify(resolve(directory, "server.pem"))}
  key_file: ${JSON.stringify(resolve(directory, "server-key.pem"))}
}
`;
