import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Block devices whose numbers the test chooses, so that other tests on this kernel neither make nor see them. */
export interface LoopRange {
  /** Matches these devices and no others in a rule's `devname`. */
  readonly glob: string;
  /** @param number from 0 to 999 */
  name(number: number): string;
  plug(number: number): LoopDevice;
  /** One whose devpath no earlier one had: nothing that is still said of a device that went can be taken for it. */
  plugNew(): LoopDevice;
  /** As the kernel numbers devices: a freed number goes to the next one, so that each devpath has several lives. */
  plugLowest(): LoopDevice;
  /** Takes out what is left. */
  close(): void;
}

export interface LoopDevice {
  readonly name: string;
  readonly devpath: string;
  /** The second call does nothing. */
  unplug(): void;
}

// ioctl(2) LOOP_CTL_ADD and LOOP_CTL_REMOVE of linux/loop.h, as Node has no ioctl. A udevd on this kernel may look at any new
// device for a moment, and then it is busy.
const CONTROL = `
$| = 1;
open(my $control, "+<", "/dev/loop-control") or die "/dev/loop-control: $!";
while (<STDIN>) {
  my ($operation, $number) = split;
  my $done;
  for (my $try = 0; $try < 500; $try++) {
    $done = ioctl($control, $operation eq "add" ? 0x4C80 : 0x4C81, $number + 0);
    last if defined $done or not $!{EBUSY};
    select(undef, undef, undef, 0.01);
  }
  print defined $done ? "done\\n" : "$!\\n";
}`;

export function openLoops(): LoopRange {
  const prefix = freePrefix();
  const control = startControl();
  const plugged = new Map<number, LoopDevice>();
  let next = 999;
  const nameOf = (number: number) => `loop${Number(prefix) * 1000 + number}`;
  const plug = (number: number) => {
    const name = nameOf(number);
    control.run(`add ${name.slice("loop".length)}`);
    const device: LoopDevice = {
      name,
      devpath: `/devices/virtual/block/${name}`,
      unplug: () => {
        if (plugged.get(number) !== device) return;
        plugged.delete(number);
        control.run(`remove ${name.slice("loop".length)}`);
      },
    };
    plugged.set(number, device);
    return device;
  };
  return {
    glob: `loop${prefix}???`,
    name: nameOf,
    plug,
    plugNew: () => plug(next--),
    plugLowest: () => {
      let number = 0;
      while (plugged.has(number)) number += 1;
      return plug(number);
    },
    close: () => {
      for (const device of plugged.values()) device.unplug();
      control.close();
    },
  };
}

function freePrefix(): string {
  const names = readdirSync("/sys/block");
  for (;;) {
    const prefix = String(100 + Math.floor(Math.random() * 900));
    if (!names.some((name) => name.startsWith(`loop${prefix}`))) return prefix;
  }
}

/** A process that does what it is told and answers each line: through FIFOs, as a test's steps must not wait for the event loop. */
function startControl(): { run(line: string): void; close(): void } {
  const directory = mkdtempSync(join(tmpdir(), "udevns-loop-"));
  const paths = ["in", "out"].map((name) => join(directory, name));
  execFileSync("mkfifo", paths);
  const [input, output] = paths.map((path) => openSync(path, "r+")) as [number, number];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "perl", "-MErrno", "-e", CONTROL], {
    stdio: [input, output, "inherit"],
  });
  rmSync(directory, { recursive: true });
  const answer = Buffer.alloc(256);
  return {
    run: (line) => {
      writeSync(input, `${line}\n`);
      const text = answer.toString("utf8", 0, readSync(output, answer)).trim();
      if (text !== "done") throw new Error(`loop-control, ${line}: ${text}`);
    },
    close: () => {
      child.kill();
      for (const fd of [input, output]) closeSync(fd);
    },
  };
}
