// The host's udev database is bound into a container, writable; what is it after a device was given there?
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { startThrowaway } from "../../support/throwaway.ts";
import { openWorkbench, targetFor, zeroAt } from "../support/workbench.ts";

const [userns] = process.argv.slice(2);
mkdirSync("/run/udev/data", { recursive: true });
writeFileSync("/run/udev/data/c1:5", "E:HOST=1\n");
const init = `
set -e
mkdir /tmp/udev-$$
mount --bind /run/udev /tmp/udev-$$
mount -t tmpfs -o mode=755 none /run
mkdir /run/udev
mount --bind /tmp/udev-$$ /run/udev
umount /tmp/udev-$$
rmdir /tmp/udev-$$
mount -t tmpfs -o mode=755 none /mnt
for node in null zero; do : > /mnt/$node; mount --bind /dev/$node /mnt/$node; done
mount --rbind /mnt /dev
read -r pid rest < /proc/self/stat
echo $pid
exec cat > /dev/null
`;
const bench = openWorkbench();
const container = await startThrowaway("guest", { userns: userns === "true", init });
const outcome = await bench.give(targetFor(container), zeroAt("ours"), { audience: "none" });
const database = readdirSync("/run/udev", { recursive: true });
console.log(JSON.stringify({ outcome, database, record: readFileSync("/run/udev/data/c1:5", "utf8") }));
await container.stop();
await bench.close();
process.exit(0);
