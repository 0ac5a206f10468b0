import { GenericContainer } from "testcontainers";

/** One service of what `docker-compose config` prints, as far as these tests need it. */
export interface ServiceDefinition {
  readonly image: string;
  readonly command: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly device_cgroup_rules?: readonly string[];
  readonly user?: string;
  readonly pid?: string;
  readonly read_only?: boolean;
  readonly init?: boolean;
}

/**
 * A service as compose.yaml defines it, with its rights, in the hands of testcontainers.
 * @param volumes directory of the host for named volumes
 */
export class ServiceContainer extends GenericContainer {
  constructor(service: ServiceDefinition, volumes: string) {
    super(service.image);
    this.withNetworkMode("host")
      .withCommand([...service.command])
      .withEnvironment({ ...service.environment })
      .withAddedCapabilities(...(service.cap_add ?? []))
      .withDroppedCapabilities(...(service.cap_drop ?? []))
      .withSecurityOpt(...(service.security_opt ?? []))
      .withTmpFs({ "/tmp": "" });
    if (service.entrypoint !== undefined) this.withEntrypoint([...service.entrypoint]);
    if (service.user !== undefined) this.withUser(service.user);
    // What testcontainers has no words for.
    Object.assign(this.hostConfig, {
      Binds: (service.volumes ?? []).map((text) => bind(text, volumes)),
      DeviceCgroupRules: service.device_cgroup_rules ?? [],
      PidMode: service.pid ?? "",
      ReadonlyRootfs: service.read_only ?? false,
      Init: service.init ?? false,
    });
  }
}

const bind = (text: string, volumes: string): string => (text.startsWith("/") ? text : `${volumes}/${text}`);
