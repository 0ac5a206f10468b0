import type { ServiceStatus } from "@udevns/protocol";

/** A heartbeat in Prometheus's text format (version 0.0.4): no label whose values a device or container could invent. */
export function metricsText({ role, host, version, ready, rssBytes, startedAt, counters }: ServiceStatus): string {
  const labels = `{role=${quote(role)},host=${quote(host)}}`;
  const lines = Object.entries(counters).flatMap(([name, value]) => {
    const metric = `udevns_${name.replace(/[^a-zA-Z0-9_]/g, "_")}`;
    return [`# TYPE ${metric} untyped`, `${metric}${labels} ${value}`];
  });
  return [
    ...gauge("udevns_ready", labels, ready ? 1 : 0),
    ...gauge("udevns_resident_bytes", labels, rssBytes),
    ...gauge("udevns_start_time_seconds", labels, Date.parse(startedAt) / 1000),
    ...gauge("udevns_build_info", labels.replace("}", `,version=${quote(version)}}`), 1),
    ...lines,
    "",
  ].join("\n");
}

const gauge = (name: string, labels: string, value: number): string[] => [
  `# TYPE ${name} gauge`,
  `${name}${labels} ${value}`,
];

const quote = (text: string): string => JSON.stringify(text);
