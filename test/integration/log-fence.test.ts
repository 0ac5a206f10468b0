import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Bus, connectBus, LogWriter, provision, readLog } from "@udevns/bus";
import { streamNames, subjects } from "@udevns/protocol";
import { beginTerm } from "../../services/policy/src/term.ts";
import { startNatsServer, type TestServer } from "../support/nats-server.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { until } from "../support/until.ts";

let server: TestServer;
let proxy: TcpProxy;
let bus: Bus;
let cuttable: Bus;
let hosts = 0;

beforeAll(async () => {
  server = await startNatsServer();
  proxy = await startTcpProxy(server.port);
  bus = await connectBus({ url: server.url, name: "test", wait: true });
  cuttable = await connectBus({ url: `nats://127.0.0.1:${proxy.port}`, name: "cuttable", wait: true });
});
afterAll(async () => {
  await Promise.all([bus.close(), cuttable.close()]);
  await proxy.close();
  await server.close();
});

async function freshHost(): Promise<{ host: string; stream: string; subject: string }> {
  const host = `h${hosts++}`;
  await provision(bus, { hosts: [host], replicas: 1 });
  return { host, stream: streamNames.devnode(host), subject: subjects.devnodeWork(host, "c") };
}

const idsOf = async (stream: string) => (await readLog(bus, stream, { sequence: 1 })).map(({ id }) => id);

test("a writer that was cut off with messages under way is ended by another's, however few", async () => {
  const { stream, subject } = await freshHost();
  const first = await LogWriter.open(cuttable, stream);
  await first.publish(subject, 0, "first-0");
  proxy.cut();
  const lost = [1, 2, 3, 4].map((at) => first.publish(subject, at, `first-${at}`).catch((error: unknown) => error));
  const second = await LogWriter.open(bus, stream);
  await second.publish(subject, 1, "second-1");
  proxy.mend();
  for (const each of lost) expect(await each).toMatchObject({ code: "UDEVNS_E_BUS_FENCED" });
  expect(await idsOf(stream)).toEqual(["first-0", "second-1"]);
});

test("nothing of an earlier holder is stored behind a term, whatever it had under way", async () => {
  for (let round = 0; round < 10; round += 1) {
    const { host, stream, subject } = await freshHost();
    const old = (await beginTerm(cuttable, host, "old")).writer;
    let fenced = false;
    let at = 0;
    const order = () =>
      old.publish(subject, at, `old-${at++}`).then(
        () => void (fenced || order()),
        () => {
          fenced = true;
        },
      );
    // Always more than may be under way.
    for (let more = 0; more < 64; more += 1) void order();
    await until(() => at > 200 + round * 37, "orders under way");
    const { writer, sequence } = await beginTerm(bus, host, "new");
    await Promise.all([0, 1, 2].map((one) => writer.publish(subject, one, `new-${one}`)));
    await until(() => fenced, "the old holder to know");
    const ids = await idsOf(stream);
    expect(ids.slice(sequence)).toEqual(["new-0", "new-1", "new-2"]);
  }
});
