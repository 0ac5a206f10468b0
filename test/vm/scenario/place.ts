import type { CommandResult, RunOptions } from "../driver/rig.ts";

/** Where a command runs: the guest itself, as the host of the containers, or one container in it. */
export interface Place {
  readonly name: string;
  run(script: string, options?: RunOptions): Promise<CommandResult>;
  sh(script: string, options?: RunOptions): Promise<string>;
  /** A file's text, got without starting a program in the place: emulated, that would disturb what is watched. */
  read(path: string): Promise<string>;
}

export const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
