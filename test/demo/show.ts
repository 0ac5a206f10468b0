import type { DemoReport } from "./report.ts";

const yes = (value: boolean) => (value ? "yes" : "no");

/** The report on one screen. */
export function showReport({ ok, device, owners, bystanders, latency_us: hops }: DemoReport): string {
  const lines = [
    "",
    `  device       ${device.devname} (${device.devnum})  ${device.devpath}`,
    "",
    "  container          user namespace  node usable  heard from udevns",
    ...owners.map((each) => row(each.container, yes(each.userns), yes(each.nodeUsable), each.actions.join(", "))),
    ...bystanders.map((each) =>
      row(
        each.container,
        yes(each.userns),
        each.node ? "SEES IT" : "none",
        each.events === 0 ? "nothing" : `${each.events} EVENTS`,
      ),
    ),
    "",
    `  took         capture ${hops.capture}  policy ${hops.policy}  devnode ${hops.devnode}  inject ${hops.inject}  total ${hops.total} µs`,
    "",
    ...bystanders
      .filter(({ kernelBroadcasts }) => kernelBroadcasts > 0)
      .map(
        ({ container, kernelBroadcasts }) =>
          `  note         ${container} has no user namespace: the kernel's own broadcast reached it ${kernelBroadcasts} times (see docs/kernel.md, gate)`,
      ),
    ok ? "  ok           the device reached its owners and nobody else" : "  FAILED       see above",
    "",
  ];
  return `${lines.join("\n")}\n`;
}

const row = (name: string, userns: string, node: string, heard: string) =>
  `  ${name.padEnd(19)}${userns.padEnd(16)}${node.padEnd(13)}${heard}`;
