import { isUdevnsError } from "@udevns/protocol";
import type { Bus } from "./connect.ts";

/** Hears a subject as any NATS client would: nothing is kept, nothing is acknowledged. @returns a function that stops it */
export function tap(bus: Bus, subject: string, onMessage: (subject: string, data: Uint8Array) => void): () => void {
  const subscription = bus.nc.subscribe(subject, {
    callback: (_, message) => {
      try {
        onMessage(message.subject, message.data);
      } catch (error) {
        // Anybody may publish anything; one bad message shall not make us deaf to the next.
        if (!isUdevnsError(error, "UDEVNS_E_MESSAGE")) throw error;
        bus.onMalformed(error);
      }
    },
  });
  return () => subscription.unsubscribe();
}

/** Says something whose loss is harmless. */
export function say(bus: Bus, subject: string, message: unknown): void {
  if (!bus.nc.isClosed()) bus.publish(subject, JSON.stringify(message));
}
