import { execFile } from "node:child_process";

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program of the build machine; a failure carries its last words, because that is where apt, dpkg and make say why. */
export function command(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { ...options, maxBuffer: 256 << 20 }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      if (error.code === "ENOENT")
        return reject(new Error(`${program} is not installed; see the package list in test/vm/README.md`));
      reject(
        new Error(
          `${program} ${args.join(" ")} failed (${error.code ?? error.signal}):\n${tail(stderr || stdout, 40)}`,
        ),
      );
    });
  });
}

const tail = (text: string, lines: number): string => text.trimEnd().split("\n").slice(-lines).join("\n");
