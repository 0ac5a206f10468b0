import { expect, test } from "@jest/globals";
import type { ServiceStatus } from "@udevns/protocol";
import { metricsText } from "../src/metrics.ts";

const status: ServiceStatus = {
  v: 1,
  host: 'a"b\\c',
  role: "capture",
  pid: 1,
  version: "0.1.0",
  ready: true,
  note: "",
  startedAt: "1970-01-01T00:01:00.000Z",
  rssBytes: 1024,
  counters: { uevents_received_kernel: 7, "orders-give": 2 },
};

test("every line is a comment or a sample that Prometheus can read", () => {
  for (const line of metricsText(status).trimEnd().split("\n"))
    expect(line).toMatch(
      /^(# TYPE udevns_\w+ \w+|udevns_\w+\{role="capture",host="a\\"b\\\\c"(,version="0\.1\.0")?\} [\d.]+)$/,
    );
});

test("shows each counter under a name that Prometheus allows", () => {
  const text = metricsText(status);
  expect(text).toContain('udevns_uevents_received_kernel{role="capture",host="a\\"b\\\\c"} 7');
  expect(text).toContain('udevns_orders_give{role="capture",host="a\\"b\\\\c"} 2');
  expect(text).toContain('udevns_start_time_seconds{role="capture",host="a\\"b\\\\c"} 60');
});
