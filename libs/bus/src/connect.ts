import { readFileSync } from "node:fs";
import { isUdevnsError, UdevnsError } from "@udevns/protocol";
import {
  type Authenticator,
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type JetStreamManager,
  type NatsConnection,
  nkeyAuthenticator,
} from "nats";
import { deniedError } from "./denied.ts";
import { reconnectDelay } from "./reconnect-delay.ts";
import { Refusals } from "./refusals.ts";
import { serverIdentity } from "./server-identity.ts";
import { StreamPublisher } from "./stream-publisher.ts";

/** Settings as the NATS CLI spells them: NATS_URL, NATS_USER, NATS_PASSWORD, NATS_CREDS, NATS_NKEY, NATS_CA, NATS_CERT, NATS_KEY. */
export interface BusSettings {
  readonly url: string;
  /** Connection name, shown by the server: `udevns-capture@host`. */
  readonly name: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Files. */
  readonly creds?: string | undefined;
  readonly nkey?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Replies come below it, so that permissions can name it. */
  readonly inboxPrefix?: string | undefined;
  /** JetStream domain, where a leaf node has its own. */
  readonly domain?: string | undefined;
  /** Told of messages that are passed over as they are none of ours; by default they are noted on stderr. */
  readonly onMalformed?: ((error: UdevnsError) => void) | undefined;
  /** Told that the server refuses what no caller waits for: a publication, a subscription, a reader; by default noted on stderr. */
  readonly onDenied?: ((error: UdevnsError) => void) | undefined;
  /** Told of a message that the bus will never take and that was given up; by default noted on stderr. */
  readonly onUnfit?: ((error: UdevnsError) => void) | undefined;
  /** False = a command: give up when no server answers. True = a service: wait for one. */
  readonly wait: boolean;
}

const ACK_TIMEOUT_MS = 2_000;

/** One connection to NATS and what speaks with JetStream over it. The rest of libs/bus are functions and classes over it. */
export interface Bus {
  readonly nc: NatsConnection;
  readonly streams: StreamPublisher;
  readonly jsm: JetStreamManager;
  /** What the JetStream API's subjects begin with. */
  readonly api: string;
  readonly url: string;
  readonly inboxPrefix: string | undefined;
  /** Told of each message that is none of ours; it is passed over. */
  onMalformed(error: UdevnsError): void;
  /** Told that these credentials do not suffice for what nobody waits for. */
  onDenied(error: UdevnsError): void;
  /** Told of each message that is given up, as it can never be stored. */
  onUnfit(error: UdevnsError): void;
  /** Publishes what no request waits for; a refusal is told to `onDenied`. */
  publish(subject: string, payload: string, reply?: string): void;
  /** Calls back after each reconnect, once the connection works again. @returns a function that ends it */
  onReconnect(callback: () => void): () => void;
  /** Sends what is buffered and closes. */
  close(): Promise<void>;
}

/** @throws UDEVNS_E_BUS_UNAVAILABLE when `wait` is false and no server answers; UDEVNS_E_BUS_DENIED for wrong credentials */
export async function connectBus(settings: BusSettings): Promise<Bus> {
  const nc = await dial(settings);
  const callbacks = new Set<() => void>();
  const refusals = new Refusals();
  const note = ({ message }: UdevnsError) => void process.stderr.write(`${message}\n`);
  const onDenied = settings.onDenied ?? note;
  void (async () => {
    for await (const { type, permissionContext } of nc.status()) {
      if (type === "reconnect") for (const callback of callbacks) callback();
      const refused = permissionContext && refusals.ownFault(permissionContext);
      if (refused !== undefined) onDenied(deniedError(refused, undefined));
    }
  })();
  const domain = settings.domain === undefined ? {} : { domain: settings.domain };
  return {
    nc,
    streams: new StreamPublisher(nc, settings.inboxPrefix, ACK_TIMEOUT_MS),
    // The account is not asked for at start: a service may come up before its server does.
    jsm: await nc.jetstreamManager({ ...domain, checkAPI: false }),
    api: settings.domain === undefined ? "$JS.API" : `$JS.${settings.domain}.API`,
    url: settings.url,
    inboxPrefix: settings.inboxPrefix,
    onMalformed: settings.onMalformed ?? note,
    onDenied,
    onUnfit: settings.onUnfit ?? note,
    publish: (subject, payload, reply) => {
      refusals.note(subject);
      nc.publish(subject, payload, reply === undefined ? {} : { reply });
    },
    onReconnect: (callback) => {
      callbacks.add(callback);
      return () => void callbacks.delete(callback);
    },
    close: async () => {
      if (!nc.isClosed()) await nc.drain().catch(() => nc.close());
    },
  };
}

async function dial(settings: BusSettings): Promise<NatsConnection> {
  const authenticator = authenticatorOf(settings);
  const tls =
    settings.ca === undefined && settings.cert === undefined
      ? {}
      : {
          tls: {
            caFile: settings.ca,
            certFile: settings.cert,
            keyFile: settings.key,
            checkServerIdentity: serverIdentity(settings.url),
          } as NonNullable<ConnectionOptions["tls"]>,
        };
  try {
    return await connect({
      servers: settings.url.split(","),
      name: settings.name,
      // The client's defaults give up after ten attempts and never wait for the first: a service must outlive its server.
      maxReconnectAttempts: -1,
      waitOnFirstConnect: settings.wait,
      reconnectDelayHandler: reconnectDelay(),
      pingInterval: 5_000,
      // A stack trace for each request costs more than the request.
      noAsyncTraces: true,
      ...(settings.inboxPrefix === undefined ? {} : { inboxPrefix: settings.inboxPrefix }),
      ...(settings.user === undefined ? {} : { user: settings.user, pass: settings.password ?? "" }),
      ...(authenticator === undefined ? {} : { authenticator }),
      ...tls,
    });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (isUdevnsError(error)) throw error;
    if (code === "AUTHORIZATION_VIOLATION" || code === "AUTHENTICATION_EXPIRED") {
      throw new UdevnsError("UDEVNS_E_BUS_DENIED", { subject: `the connection to ${settings.url}` }, { cause: error });
    }
    throw new UdevnsError("UDEVNS_E_BUS_UNAVAILABLE", { url: settings.url, detail: message }, { cause: error });
  }
}

function authenticatorOf({ creds, nkey }: BusSettings): Authenticator | undefined {
  const read = (name: string, file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new UdevnsError("UDEVNS_E_CONFIG", { name, detail: (error as Error).message }, { cause: error });
    }
  };
  if (creds !== undefined) return credsAuthenticator(read("NATS_CREDS", creds));
  if (nkey !== undefined) return nkeyAuthenticator(Buffer.from(read("NATS_NKEY", nkey).toString("utf8").trim()));
  return undefined;
}
