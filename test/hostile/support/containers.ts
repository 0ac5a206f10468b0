import { startThrowaway, type Throwaway } from "../../support/throwaway.ts";

export const kinds = [
  { kind: "plain", userns: false },
  { kind: "user-namespaced", userns: true },
] as const;

const SAY_PID = "read -r pid rest < /proc/self/stat";

/** Like a throwaway's own init, with more done before it is up. */
const initWith = (prepare: string, options: string): string => `
set -e
mount -t tmpfs -o ${options} none /mnt
for node in null zero full random urandom; do : > /mnt/$node; mount --bind /dev/$node /mnt/$node; done
${prepare}
mount --rbind /mnt /dev
${SAY_PID}
echo $pid
exec cat > /dev/null
`;

/** With a root directory of its own, on which nothing is at /dev yet. */
const initInRoot = (prepare: string): string => `
set -e
mount -t tmpfs -o mode=755 none /mnt
mkdir /mnt/usr /mnt/proc /mnt/tmp /mnt/run
mount --rbind /usr /mnt/usr
mount --rbind /proc /mnt/proc
for name in bin lib lib64 sbin; do
  if [ -L /$name ]; then cp -d /$name /mnt/$name; elif [ -d /$name ]; then mkdir /mnt/$name; mount --rbind /$name /mnt/$name; fi
done
root=/mnt
${prepare}
${SAY_PID}
exec chroot /mnt sh -c "echo $pid; exec cat > /tmp/out"
`;

export interface Special {
  readonly userns: boolean;
  /** Of the tmpfs on /dev. */
  readonly options?: string;
  /** Shell, run by its root, with what shall be its /dev still on /mnt. */
  readonly prepare?: string;
}

let started = 0;
const name = () => `hostile-${started++}`;

/** A container whose root has prepared something. */
export const startSpecial = ({ userns, options = "mode=755,size=1m", prepare = "" }: Special): Promise<Throwaway> =>
  startThrowaway(name(), { userns, init: initWith(prepare, options) });

/** A container in a root directory of its own; `prepare` finds it as `$root` and makes its `$root/dev`. */
export const startInRoot = ({ userns, prepare = "" }: Special): Promise<Throwaway> =>
  startThrowaway(name(), { userns, init: initInRoot(prepare) });

/** Runs a command as the container's root. @throws when it fails */
export async function inside(container: Throwaway, command: string): Promise<string> {
  const { code, stdout, stderr } = await container.run(command);
  if (code !== 0) throw new Error(`${command}: exit ${code}\n${stderr}`);
  return stdout.trim();
}

/** What lies at a path in the container: `character special file 1:5`; nothing where there is nothing. */
export const lookAt = async (container: Throwaway, path: string): Promise<string> =>
  (await container.run(`stat -c '%F %Hr:%Lr' ${path} 2>/dev/null`)).stdout.trim();
