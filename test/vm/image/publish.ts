import { rename } from "node:fs/promises";

/** A rename is atomic, so no reader ever sees half a build; whoever came second takes the first one's. */
export async function publish(built: string, directory: string): Promise<void> {
  await rename(built, directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
}
