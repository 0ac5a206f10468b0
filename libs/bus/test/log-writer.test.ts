import { expect, test } from "@jest/globals";
import { NatsError } from "nats";
import type { Bus } from "../src/connect.ts";
import { LogWriter } from "../src/log-writer.ts";

const WRONG_LAST_SEQUENCE = 10071;

/** A server that answers each message only when the test says so. */
class PaperServer {
  readonly stored: string[] = [];
  readonly #answers = new Map<string, (error: Error) => void>();
  #patient = true;

  get bus(): Bus {
    const info = async () => ({ state: { last_seq: this.stored.length } });
    const publish = (_: string, payload: string) =>
      this.#patient
        ? new Promise((_, reject) => this.#answers.set(payload, reject))
        : Promise.resolve({ seq: this.stored.push(payload), duplicate: false });
    return {
      js: { publish },
      jsm: { streams: { info } },
      nc: { isClosed: () => false },
      url: "paper",
    } as unknown as Bus;
  }

  refuse(payload: string): void {
    const error = new NatsError("wrong last sequence", "400");
    error.api_error = { code: 400, err_code: WRONG_LAST_SEQUENCE, description: "wrong last sequence" };
    this.#answers.get(payload)?.(error);
  }

  lose(payload: string): void {
    this.#answers.get(payload)?.(new NatsError("TIMEOUT", "TIMEOUT"));
  }

  /** Stores whatever comes from now on. */
  recover(): void {
    this.#patient = false;
  }
}

test("what was lost in an outage is stored before what was refused behind it", async () => {
  const server = new PaperServer();
  const writer = await LogWriter.open(server.bus, "paper");
  const all = ["1", "2", "3", "4"].map((text) => writer.publishText("subject", text, text));
  server.refuse("3");
  server.refuse("4");
  server.lose("2");
  server.recover();
  server.lose("1");
  expect(await Promise.all(all)).toEqual([1, 2, 3, 4]);
  expect(server.stored).toEqual(["1", "2", "3", "4"]);
});
