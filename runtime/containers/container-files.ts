import { existsSync, mkdirSync, readdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ifThere } from "../../core/if-there.ts";
import type { Paths } from "../../store/paths.ts";
import type { EndpointRecord } from "../container-config.ts";
import type { NetworkSharing } from "../network/driver.ts";
import { hostsFile, resolvConfFile } from "../network/files.ts";
import { readHostResolvConf } from "../network/host-resolv-conf.ts";
import { hasNames } from "../network/network-table.ts";
import { wayOut } from "./connections.ts";
import type { Link } from "./links.ts";
import type { StoredContainer } from "./stored-container.ts";

interface EtcNetwork {
  readonly endpoints: readonly EndpointRecord[];
  readonly links?: readonly Link[];
}

/** The files of a container below containers/<id>/; see store/paths.ts. */
export class ContainerFiles {
  readonly directory: string;
  readonly #id: string;

  constructor(paths: Paths, id: string) {
    this.directory = paths.container(id);
    this.#id = id;
  }

  get socket(): string {
    return join(this.directory, "shim.sock");
  }
  get exit(): string {
    return join(this.directory, "exit");
  }
  /** What its shim tells of restarts and health. */
  get state(): string {
    return join(this.directory, "state");
  }
  get log(): string {
    return join(this.directory, `${this.#id}-json.log`);
  }
  /** What its resolver answers from. */
  get resolver(): string {
    return join(this.directory, "resolver");
  }
  /** Socket and exit record of an additional process. */
  exec(id: string): { readonly socket: string; readonly exit: string } {
    const name = `exec-${id}`;
    return { socket: join(this.directory, `${name}.sock`), exit: join(this.directory, `${name}.exit`) };
  }
  /** The ids of additional processes whose shim has a socket, which one that was killed leaves behind. */
  execs(): readonly string[] {
    const names = ifThere(() => readdirSync(this.directory)) ?? [];
    return names.flatMap((name) => /^exec-(.*)\.sock$/.exec(name)?.[1] ?? []);
  }

  make(): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o711 });
  }

  /** What the container has on its own /etc: destination → file. */
  get etc(): Readonly<Record<string, string>> {
    const names = ["resolv.conf", "hostname", "hosts"];
    return Object.fromEntries(names.map((name) => [`/etc/${name}`, join(this.directory, name)]));
  }

  /** Writes them as the container's network wants them. Later changes from inside the container last until its next start. */
  writeEtc(container: StoredContainer, network: EtcNetwork & { readonly sharing: NetworkSharing }): void {
    const { config } = container;
    const domain = config.Domainname ?? "";
    this.#write("hostname", `${config.Hostname}${domain === "" ? "" : `.${domain}`}\n`);
    this.writeResolvConf(container, network.endpoints.some(hasNames) ? "named" : network.sharing);
    this.writeHosts(container, network);
  }

  writeResolvConf({ hostConfig }: StoredContainer, network: NetworkSharing | "named"): void {
    this.#write("resolv.conf", resolvConfFile(readHostResolvConf(), hostConfig, network));
  }

  /** Writes its hosts file anew; the file stays the one that the container sees. */
  writeHosts({ config, hostConfig }: StoredContainer, { endpoints, links = [] }: EtcNetwork): void {
    const hosts = hostsFile({
      hostname: config.Hostname,
      domainname: config.Domainname,
      addresses: endpoints
        .flatMap(({ address, ipv6 }) => [address, ipv6?.address ?? ""])
        .filter((address) => address !== ""),
      gateway: wayOut(endpoints)?.gateway,
      extraHosts: hostConfig.ExtraHosts,
      links,
    });
    this.#write("hosts", hosts);
  }

  #write(name: string, content: string): void {
    writeFileSync(join(this.directory, name), content, { mode: 0o644 });
  }

  /** Takes away what a former run left. */
  clearRun(): void {
    for (const path of [this.exit, this.state, this.socket])
      if (existsSync(path)) ifThere(() => unlinkSync(path));
  }
}
