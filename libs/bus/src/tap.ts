import type { Bus } from "./connect.ts";

/** Hears a subject as any NATS client would: nothing is kept, nothing is acknowledged. @returns a function that stops it */
export function tap(bus: Bus, subject: string, onMessage: (subject: string, data: Uint8Array) => void): () => void {
  const subscription = bus.nc.subscribe(subject, {
    callback: (_, message) => onMessage(message.subject, message.data),
  });
  return () => subscription.unsubscribe();
}

/** Says something whose loss is harmless. */
export function say(bus: Bus, subject: string, message: unknown): void {
  if (!bus.nc.isClosed()) bus.nc.publish(subject, JSON.stringify(message));
}
