// Subjects of the JetStream API, as publish permissions name them.

export const info = (stream: string): string => `$JS.API.STREAM.INFO.${stream}`;
/** Writing keys. */
export const entries = (bucket: string, keys: string): string => `$KV.${bucket}.${keys}`;
/** Reading a key by a request whose subject names it. */
export const get = (bucket: string, keys: string): string => `$JS.API.DIRECT.GET.KV_${bucket}.${entries(bucket, keys)}`;

/** Listing and reading one host's keys without a consumer. */
export const lookUp = (bucket: string, host: string): string[] => [info(`KV_${bucket}`), get(bucket, `${host}.>`)];

/** Following keys by a consumer of that name. */
export const follow = (bucket: string, consumer: string, keys: string): string[] =>
  readLog(`KV_${bucket}`, consumer, entries(bucket, keys));

export function readLog(stream: string, consumer: string, filter: string): string[] {
  return [
    info(stream),
    // With the filter in the subject a consumer of anything else cannot be made (nats-server 2.9).
    `$JS.API.CONSUMER.CREATE.${stream}.${consumer}.${filter}`,
    ...["INFO", "MSG.NEXT", "DELETE"].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.${consumer}`),
  ];
}
