import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BusUser, createSeed, keyFile, publicKeyOf, usersConfig } from "@udevns/bus";
import { serviceRoles, UdevnsError } from "@udevns/protocol";

/** What was done about one file. Files that are there are kept: a new host adds its own and changes nobody else's. */
export interface CredentialStep {
  readonly file: string;
  readonly action: "create" | "keep" | "write";
}

export interface KeyOptions {
  readonly directory: string;
  readonly hosts: readonly string[];
  /** Roles whose processes are not root's, with the user id that they have. */
  readonly owners: ReadonlyMap<string, number>;
}

export interface CredentialOptions extends KeyOptions {
  /** Names and addresses by which clients reach the servers. */
  readonly serverNames: readonly string[];
}

const CERTIFICATE_DAYS = "825";

/** Writes keys and users, and a certificate authority with one certificate for the servers. */
export function writeCredentials({ serverNames, ...options }: CredentialOptions): CredentialStep[] {
  const steps = writeKeys(options);
  writeFileSync(join(options.directory, "server.conf"), serverConfig(options.directory), { mode: 0o600 });
  return [...steps, { file: "server.conf", action: "write" }, certificates(options.directory, serverNames)];
}

/** Writes one NKey a user, and the server's list of users. */
export function writeKeys({ directory, hosts, owners }: KeyOptions): CredentialStep[] {
  mkdirSync(directory, { recursive: true });
  // Each may open the file that it knows and owns; nobody may list them.
  chmodSync(directory, 0o711);
  const users: BusUser[] = [
    ...hosts.flatMap((host) => serviceRoles.map((role) => ({ kind: "service" as const, role, host }))),
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

/** For a server on this machine. nats-server looks for an include beside the file, but for certificates where it was started. */
const serverConfig = (directory: string): string => `include ./users.conf
tls {
  cert_file: ${JSON.stringify(resolve(directory, "server.pem"))}
  key_file: ${JSON.stringify(resolve(directory, "server-key.pem"))}
}
`;

function certificates(directory: string, serverNames: readonly string[]): CredentialStep {
  if (existsSync(join(directory, "server.pem"))) return { file: "server.pem", action: "keep" };
  const at = (file: string) => join(directory, file);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
  const subject = ["-addext", "keyUsage=critical,keyCertSign", "-subj", "/CN=udevns"];
  const files = ["-keyout", at("ca-key.pem"), "-out", at("ca.pem")];
  if (!existsSync(at("ca.pem"))) openssl(["req", "-x509", ...key, ...subject, ...files, "-days", CERTIFICATE_DAYS]);
  const isAddress = (name: string) => /^[0-9.]+$|:/.test(name);
  const names = serverNames.map((name) => `${isAddress(name) ? "IP" : "DNS"}:${name}`).join(",");
  const request = ["-keyout", at("server-key.pem"), "-out", at("server.csr"), "-subj", "/CN=nats"];
  openssl(["req", "-new", ...key, ...request, "-addext", `subjectAltName=${names}`]);
  const signer = ["-CA", at("ca.pem"), "-CAkey", at("ca-key.pem"), "-days", CERTIFICATE_DAYS];
  openssl(["x509", "-req", "-in", at("server.csr"), ...signer, "-copy_extensions", "copy", "-out", at("server.pem")]);
  rmSync(at("server.csr"));
  return { file: "server.pem", action: "create" };
}

function openssl(args: readonly string[]): void {
  const { status, stderr, error } = spawnSync("openssl", args, { encoding: "utf8" });
  if (error !== undefined) throw new UdevnsError("UDEVNS_E_SETUP", { what: "openssl" }, { cause: error });
  if (status !== 0) throw new UdevnsError("UDEVNS_E_CONFIG", { name: "--credentials", detail: stderr.trim() });
}
