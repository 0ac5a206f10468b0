import { afterEach, expect, jest, test } from "@jest/globals";
import { connectBus } from "@udevns/bus";
import { startNatsServer } from "../support/nats-server.ts";
import { until } from "../support/until.ts";

afterEach(() => {
  jest.restoreAllMocks();
});

test("a bus comes back after a restart of the server though the wall clock was set back a year", async () => {
  const server = await startNatsServer();
  const bus = await connectBus({ url: server.url, name: "test", wait: true });
  try {
    let reconnects = 0;
    bus.onReconnect(() => {
      reconnects += 1;
    });
    const before = Date.now.bind(Date);
    jest.spyOn(Date, "now").mockImplementation(() => before() - 365 * 86_400_000);
    await server.kill();
    await server.start();
    await until(() => reconnects > 0, "the bus to be back");
    expect(reconnects).toBe(1);
  } finally {
    await bus.close();
    await server.close();
  }
});
