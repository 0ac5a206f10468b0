import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type Docker from "dockerode";
import { guestImage } from "./guest-image.ts";
import { shell } from "./shell.ts";

/** Tag of a base image for infra/Dockerfile and for the bus, made of what is installed here: no registry, no network. */
export const BASE = "udevns-test/base";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

// The programs with the libraries that they are linked to, the modules that are no development tools, and the built addon.
const SCRIPT = `
set -e
mkdir "$1/root" && cd "$1/root" && tar -xf "$2"
for program in node openssl nats-server; do
  path=$(command -v $program || echo /usr/sbin/$program)
  cp "$path" usr/bin/
  ldd "$path" 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\\// { print $3 }' | while read -r library; do
    [ -e "usr/lib/x86_64-linux-gnu/$(basename "$library")" ] || [ -e "lib/x86_64-linux-gnu/$(basename "$library")" ] ||
      cp -L "$library" usr/lib/x86_64-linux-gnu/
  done
done
mkdir -p etc/ssl udevns/native/build/Release data
[ ! -e /etc/ssl/openssl.cnf ] || cp /etc/ssl/openssl.cnf etc/ssl/
mkdir -p usr/lib/ssl && cp -L /etc/ssl/openssl.cnf usr/lib/ssl/openssl.cnf
for tool in chown grep wget; do ln -sf /bin/busybox bin/$tool; done
ln -sf /bin/busybox usr/bin/env
cd "$3"
npm ls --omit=dev --all --parseable 2>/dev/null | sed -n "s|^$PWD/\\(node_modules/.*\\)|\\1|p" | sort -u > "$1/modules"
find node_modules/@udevns -type l >> "$1/modules"; echo node_modules/.package-lock.json >> "$1/modules"
tar -cf - -T "$1/modules" | tar -C "$1/root/udevns" -xf -
cp native/build/Release/udevns.node native/build/Release/udevns-keeper "$1/root/udevns/native/build/Release/"
tar -C "$1/root" -cf "$1/base.tar" .
`;

export async function importBase(docker: Docker): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "udevns-base-"));
  try {
    await shell(SCRIPT, directory, await guestImage(), ROOT);
    const progress = await docker.importImage(createReadStream(join(directory, "base.tar")), { repo: BASE });
    await new Promise((resolve, reject) => {
      docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve(undefined)));
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
