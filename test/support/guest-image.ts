import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { shell } from "./shell.ts";

const PACKAGES = "base-files,base-passwd,busybox-static,libudev1,udev";

/** What the image gets beside its packages: a shell and small tools, accounts with numbers that are not the host's. */
const FINISH = `
for tool in sh cat chmod dd echo head id kill ln ls mkdir mknod mount mv ps readlink awk rm sleep stat test touch true umount wc awk; do
  ln -sf busybox bin/$tool
done
cp usr/share/base-passwd/passwd.master etc/passwd
cp usr/share/base-passwd/group.master etc/group
echo 'render:x:4242:' >> etc/group
mkdir -p dev proc sys run tmp
`;

/**
 * A Debian root file system with udev and busybox, made once and kept in the user's cache.
 * @returns its tar file
 */
export async function guestImage(): Promise<string> {
  const key = createHash("sha256").update(PACKAGES).update(FINISH).digest("hex").slice(0, 12);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "udevns", "containers");
  const tar = join(cache, `guest-${key}.tar`);
  if (existsSync(tar)) return tar;
  mkdirSync(cache, { recursive: true });
  const work = `${tar}.${process.pid}`;
  try {
    await shell(
      `set -e
       mmdebstrap --quiet --variant=extract --include=${PACKAGES} --aptopt='APT::Install-Recommends "false"' bookworm ${work}.base.tar
       mkdir ${work} && tar -C ${work} -xf ${work}.base.tar && cd ${work}
       rm -rf usr/share/doc usr/share/locale usr/share/man var/cache/apt var/lib/apt
       ${FINISH}
       tar -cf ${work}.tar .`,
    );
    renameSync(`${work}.tar`, tar);
  } finally {
    for (const path of [work, `${work}.tar`, `${work}.base.tar`]) rmSync(path, { recursive: true, force: true });
  }
  return tar;
}
