import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { UdevnsError } from "@udevns/protocol";
import type { CredentialStep } from "./credentials.ts";

const CERTIFICATE_DAYS = "825";
const USUAL_NAMES = ["localhost", "127.0.0.1", "nats", "n1", "n2", "n3"];

/**
 * An authority, and one certificate for the servers.
 * @param wanted names that it must show. One that is there keeps those that it has, and is signed anew for those that it lacks.
 */
export function writeCertificates(directory: string, wanted: readonly string[] | undefined): CredentialStep {
  const at = (file: string) => join(directory, file);
  const there = existsSync(at("server.pem")) ? new X509Certificate(readFileSync(at("server.pem"))) : undefined;
  const lacking = there === undefined ? (wanted ?? USUAL_NAMES) : (wanted ?? []).filter((name) => !shows(there, name));
  if (there !== undefined && lacking.length === 0) return { file: "server.pem", action: "keep" };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout"];
  const subject = ["-addext", "keyUsage=critical,keyCertSign", "-subj", "/CN=udevns", "-days", CERTIFICATE_DAYS];
  if (!existsSync(at("ca.pem")))
    openssl(["req", "-x509", ...newKey, at("ca-key.pem"), ...subject, "-out", at("ca.pem")]);
  const names = [...namesOf(there), ...lacking].map((name) => `${isIP(name) ? "IP" : "DNS"}:${name}`).join(",");
  // A server that reads its files meanwhile finds a pair, whichever certificate it gets.
  const key = there === undefined ? [...newKey, at("server-key.pem")] : ["-key", at("server-key.pem")];
  openssl(["req", "-new", ...key, "-out", at("server.csr"), "-subj", "/CN=nats", "-addext", `subjectAltName=${names}`]);
  const signer = ["-CA", at("ca.pem"), "-CAkey", at("ca-key.pem"), "-days", CERTIFICATE_DAYS];
  openssl(["x509", "-req", "-in", at("server.csr"), ...signer, "-copy_extensions", "copy", "-out", at("server.new")]);
  renameSync(at("server.new"), at("server.pem"));
  rmSync(at("server.csr"));
  return { file: "server.pem", action: there === undefined ? "create" : "write" };
}

const shows = (certificate: X509Certificate, name: string): boolean =>
  isIP(name) ? certificate.checkIP(name) !== undefined : namesOf(certificate).includes(name);

const namesOf = (certificate: X509Certificate | undefined): string[] =>
  (certificate?.subjectAltName ?? "").split(", ").flatMap((text) => /^(?:DNS|IP Address):(.+)$/.exec(text)?.[1] ?? []);

function openssl(args: readonly string[]): void {
  const { status, stderr, error } = spawnSync("openssl", args, { encoding: "utf8" });
  if (error !== undefined) throw new UdevnsError("UDEVNS_E_SETUP", { what: "openssl" }, { cause: error });
  if (status !== 0) throw new UdevnsError("UDEVNS_E_CONFIG", { name: "--credentials", detail: stderr.trim() });
}
