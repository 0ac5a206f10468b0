import type { Workshop } from "../workshop.ts";

const LOOK_MS = 2_000;

/** Tries again what has failed, and says how many events the gates have dropped. @returns a function that ends it */
export function keepGates(workshop: Workshop): () => void {
  const { context, gates, waiting } = workshop;
  let looking = false;
  let complaint = "";
  const look = async () => {
    if (await gates.retry()) waiting.release();
    await gates.look();
    context.setGates(gates.states());
    complaint = "";
  };
  const complain = (error: unknown) => {
    const text = String(error);
    if (text !== complaint) context.log.warn({ err: error }, "the gates do not answer");
    complaint = text;
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look()
      .catch(complain)
      .finally(() => {
        looking = false;
      });
  }, LOOK_MS);
  return () => clearInterval(timer);
}
