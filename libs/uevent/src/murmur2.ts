/**
 * MurmurHash2 with seed 0, as systemd's `string_hash32` uses it for the filter words of a libudev message
 * (src/basic/MurmurHash2.c). Callers' socket filters compare these words, so they must be exact.
 */
export function murmur2(text: string): number {
  const data = Buffer.from(text, "utf8");
  const m = 0x5bd1e995;
  let h = data.length;
  let at = 0;
  for (; data.length - at >= 4; at += 4) {
    let k = Math.imul(data.readUInt32LE(at), m);
    k = Math.imul(k ^ (k >>> 24), m);
    h = Math.imul(h, m) ^ k;
  }
  const rest = data.length - at;
  if (rest >= 3) h ^= data[at + 2]! << 16;
  if (rest >= 2) h ^= data[at + 1]! << 8;
  if (rest >= 1) h = Math.imul(h ^ data[at]!, m);
  h = Math.imul(h ^ (h >>> 13), m);
  return (h ^ (h >>> 15)) >>> 0;
}

/** The 64-bit Bloom filter of a device's tags, as four bits a tag (`string_bloom64`, src/libsystemd/sd-device/device-util.h). */
export function bloom64(tags: readonly string[]): bigint {
  let bits = 0n;
  for (const tag of tags) {
    const hash = BigInt(murmur2(tag));
    for (const shift of [0n, 6n, 12n, 18n]) bits |= 1n << ((hash >> shift) & 63n);
  }
  return bits;
}
