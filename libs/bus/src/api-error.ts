import { UdevnsError } from "@udevns/protocol";
import { NatsError } from "nats";

/** Codes of the JetStream API (nats-server, server/errors.json). */
const codes = {
  accountLimits: 10002,
  noPeers: 10005,
  clusterNotAvailable: 10008,
  insufficientResources: 10023,
  storageExceeded: 10047,
} as const;
const NO_RESPONDERS = "503";

/** What the server says of a stream that it shall make or change, as an error of ours where it is one that people can mend. */
export function apiError(error: unknown, stream: string, url: string): unknown {
  if (!(error instanceof NatsError)) return error;
  const { err_code: code, description: detail = error.message } = error.api_error ?? {};
  switch (code) {
    case codes.accountLimits:
    case codes.insufficientResources:
    case codes.storageExceeded:
      return new UdevnsError("UDEVNS_E_BUS_STORAGE", { stream, detail }, { cause: error });
    case codes.noPeers:
      // The same code for servers that are missing and for servers that are full.
      return /insufficient storage/.test(detail)
        ? new UdevnsError("UDEVNS_E_BUS_STORAGE", { stream, detail }, { cause: error })
        : new UdevnsError("UDEVNS_E_BUS_CLUSTER", { url, stream, detail }, { cause: error });
    case codes.clusterNotAvailable:
      return new UdevnsError("UDEVNS_E_BUS_CLUSTER", { url, stream, detail }, { cause: error });
    default:
      return error.code === NO_RESPONDERS || error.code === "TIMEOUT"
        ? new UdevnsError("UDEVNS_E_BUS_CLUSTER", { url, stream, detail }, { cause: error })
        : error;
  }
}
