import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

interface Service {
  readonly image?: string;
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly read_only?: boolean;
  readonly user?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly profiles?: readonly string[];
  readonly volumes?: readonly string[];
}

/** What docker-compose makes of the file, or what it says against it. */
function config(...options: string[]): Record<string, Service> {
  const { status, stdout, stderr } = spawnSync("docker-compose", [...options, "config"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  return parse(stdout).services;
}

const services = parse(read("compose.yaml"), { merge: true }).services as Record<string, Service>;
const oneShot = ["credentials", "stores", "provision"];
/** Run by people. */
const commands = ["nats-box", "udevns"];
const roles = ["keeper", "capture", "inventory", "policy", "devnode", "injector"];

describe("compose.yaml", () => {
  test.each([
    [[]],
    [["--profile", "debug"]],
    [["--profile", "observability"]],
    [["--env-file", "infra/compose/cluster.env"]],
    [["--profile", "debug", "--profile", "observability", "--profile", "cluster"]],
  ])("is valid with %j", (options) => {
    expect(Object.keys(config(...options))).toEqual(expect.arrayContaining(roles));
  });

  test("has the profiles that it says it has", () => {
    const profiles = Object.entries(services).flatMap(([name, each]) =>
      (each.profiles ?? []).map((p) => `${p}: ${name}`),
    );
    expect(profiles.sort()).toEqual([
      "cluster: nats-2",
      "cluster: nats-3",
      "command: udevns",
      "debug: nats-box",
      "observability: grafana",
      "observability: prometheus",
    ]);
  });

  test("takes every capability from everybody first", () => {
    expect(Object.entries(services).filter(([, { cap_drop }]) => cap_drop?.[0] !== "ALL")).toEqual([]);
  });

  test("knows of each service that stays whether it is well, and starts each behind what it needs", () => {
    const staying = Object.entries(services).filter(([name]) => ![...oneShot, ...commands].includes(name));
    expect(staying.filter(([, { healthcheck }]) => healthcheck === undefined).map(([name]) => name)).toEqual([]);
    for (const role of roles.filter((each) => each !== "keeper"))
      expect(services[role]?.depends_on?.provision?.condition).toBe("service_completed_successfully");
    expect(services.provision?.depends_on?.nats?.condition).toBe("service_healthy");
    expect(services.capture?.depends_on?.keeper?.condition).toBe("service_healthy");
  });

  test("gives everybody at most one volume of credentials, its own, and the one with all of them to what fills it", () => {
    const given = Object.entries(services).flatMap(([name, { volumes = [] }]) => {
      const keys = volumes.map((text) => text.split(":")[0] ?? "").filter((volume) => volume.startsWith("credentials"));
      return keys.map((volume) => `${name}: ${volume.replace(/^credentials-/, "")}`);
    });
    const ownOnly = given.filter((each) => !each.startsWith("credentials: "));
    expect(ownOnly.sort()).toEqual([
      "capture: capture",
      "devnode: devnode",
      "injector: injector",
      "inventory: inventory",
      "nats-2: nats",
      "nats-3: nats",
      "nats-box: viewer",
      "nats: nats",
      "policy: policy",
      "provision: admin",
      "udevns: admin",
    ]);
    expect(given).toContain("credentials: credentials");
  });

  test("names every image with its version", () => {
    const images = Object.values(services).map(({ image = "" }) => image.replace(/^\$\{\w+:-(.*)\}$/, "$1"));
    expect(images.filter((image) => !/:[\w.-]+$/.test(image) || image.endsWith(":latest"))).toEqual([]);
  });
});

describe("rights are the same", () => {
  /** The table of docs/security.md, which a blank line ends. */
  const [, table = ""] = read("docs/security.md").split("\n| service | user | capabilities | why |\n");
  const [rows = ""] = table.split("\n\n");
  const documented = new Map(
    [...rows.matchAll(/^\| (\w+) \| (root|\d+) \| (none|(?:`\w+`(?:, )?)+) \|/gm)].map(
      ([, role = "", user = "", caps = ""]) => [
        role,
        { user, caps: [...caps.matchAll(/`(\w+)`/g)].map(([, cap]) => cap) },
      ],
    ),
  );

  test.each([...roles, ...oneShot, "nats"])("of %s in compose.yaml and docs/security.md", (role) => {
    const { cap_add = [], user = "root" } = services[role] as Service;
    const { caps = [], ...rest } = documented.get(role) ?? {};
    const wanted = role === "inventory" ? caps.filter((cap) => cap !== "DAC_READ_SEARCH") : caps;
    expect([rest, cap_add]).toEqual([{ user: user.split(":")[0] }, wanted]);
  });

  test.each(roles.filter((role) => role !== "keeper"))("of %s under systemd", (role) => {
    const rights = read(`infra/systemd/udevns@${role}.service.d/rights.conf`);
    const [, caps = ""] = /^CapabilityBoundingSet=(.*)$/m.exec(rights) ?? [];
    expect(caps.split(" ").filter(Boolean)).toEqual(documented.get(role)?.caps.map((cap) => `CAP_${cap}`));
  });

  test.each(roles.filter((role) => !["keeper", "policy"].includes(role)))(
    "of %s in its README, each with its reason",
    (role) => {
      const text = read(`services/${role}/README.md`);
      for (const cap of documented.get(role)?.caps ?? []) expect(text).toContain(`CAP_${cap}`);
    },
  );
});

test("the dashboard asks for metrics that there are", () => {
  const dashboard = JSON.parse(read("infra/grafana/dashboards/udevns.json")) as {
    panels: { targets: { expr: string }[] }[];
  };
  const asked = dashboard.panels.flatMap(({ targets }) =>
    targets.map(({ expr }) => /udevns_\w+/.exec(expr)?.[0] ?? expr),
  );
  const sources = [
    read("libs/service/src/metrics.ts"),
    ...["capture", "policy", "devnode", "injector"].flatMap(sourcesOf),
  ].join("");
  // A counter's name may be put together: `orders_${kind}`.
  const names = [...sources.matchAll(/(?:counters\.(?:add|set)\(|gauge\()\s*["`]([^"`]+)/g)].map(
    ([, name = ""]) => name,
  );
  const there = names.map((name) => new RegExp(`^(udevns_)?${name.replace(/\$\{[^}]*\}/g, "\\w+")}$`));
  expect(asked.length).toBeGreaterThan(5);
  expect(
    asked.filter((name) => !there.some((one) => one.test(name) || one.test(name.replace(/^udevns_/, "")))),
  ).toEqual([]);
});

function sourcesOf(service: string): string[] {
  const names = readdirSync(join(ROOT, "services", service, "src"), { recursive: true }) as string[];
  return names.filter((name) => name.endsWith(".ts")).map((name) => read(`services/${service}/src/${name}`));
}
