import { readFile, rm, writeFile } from "node:fs/promises";
import { command } from "./command.ts";

// Offsets of the x86 boot protocol's setup header (Documentation/arch/x86/boot.rst).
const SETUP_SECTS = 0x1f1;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;

/** The length of the uncompressed kernel follows the compressed stream. */
const SIZE_TRAILER = 4;

const unpackers = [
  { magic: [0xfd, 0x37, 0x7a, 0x58], program: "xz", args: ["-dc"] },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], program: "zstd", args: ["-dc"] },
  { magic: [0x1f, 0x8b], program: "gzip", args: ["-dc"] },
] as const;

/** The ELF kernel inside a bzImage: booted through PVH it spares the guest its own unpacking, six seconds under emulation. */
export async function extractVmlinux(bzImage: string, target: string): Promise<void> {
  const image = await readFile(bzImage);
  const start = (image.readUInt8(SETUP_SECTS) + 1) * 512 + image.readUInt32LE(PAYLOAD_OFFSET);
  const payload = image.subarray(start, start + image.readUInt32LE(PAYLOAD_LENGTH) - SIZE_TRAILER);
  const unpacker = unpackers.find(({ magic }) => magic.every((byte, at) => payload[at] === byte));
  if (unpacker === undefined) throw new Error(`${bzImage}: unknown compression ${payload.toString("hex", 0, 6)}`);
  const packed = `${target}.packed`;
  await writeFile(packed, payload);
  await command("sh", ["-c", `${unpacker.program} ${unpacker.args.join(" ")} < "$1" > "$2"`, "sh", packed, target]);
  await rm(packed);
}
