import type { Abortable } from "../../core/streams.ts";
import type { RegistryCollected } from "../../registry/care/collect.ts";
import type { ScrubReport } from "../../registry/care/scrub.ts";
import type { RegistryAccessService } from "./access-api.ts";

/** Where a registry's certificate comes from. */
export type RegistryTls =
  /** PEM files, read again when they change. */
  | { readonly cert: string; readonly key: string }
  /** An authority of the registry's own, made when there is none: names and addresses besides those of this machine. */
  | { readonly names: readonly string[] };

export interface RegistryAddress {
  /** Undefined: all addresses of this machine. */
  readonly host?: string;
  readonly port: number;
}

/** Repositories that are copies of what other registries have. */
export interface RegistryProxies {
  /** "prefix=https://upstream", or a URL for every repository. */
  readonly upstreams: readonly string[];
  /** How long a tag is served before the upstream is asked for it again, in milliseconds. */
  readonly ttlMs: number;
  /** How long copies stay that nobody uses, in milliseconds; 0: for ever. */
  readonly keepMs: number;
}

export interface RegistryListening {
  /** In the form of --addr. */
  readonly address: string;
  /** The file of the authority that clients have to know, when it is the registry's own. */
  readonly authority?: string;
}

/** The built-in registry: what serves it and what cares for it. */
export interface RegistryServeOptions extends RegistryAddress {
  /** A directory of its own instead of the engine's store. */
  readonly directory?: string;
  /** Whether other machines may use it, all of them and for everything; holds while there are no users. */
  readonly anonymous: boolean;
  /** Patterns of repositories that need no login for pulling. */
  readonly anonymousPull: readonly string[];
  /** Users and their bcrypt hashes, instead of those of RegistryAccessService. */
  readonly htpasswd?: string;
  /** The policy, likewise. */
  readonly policy?: string;
  /** Undefined: plain HTTP. */
  readonly tls?: RegistryTls;
  /** Whether passwords may cross the network without TLS. */
  readonly plainHttp: boolean;
  /** How clients reach the registry when something in front ends TLS: "https://registry.example.com". */
  readonly externalUrl?: string;
  /** What stands before the names of flags in messages: "registry-" where `--tls` is called `--registry-tls`. */
  readonly flagPrefix?: string;
  readonly proxies?: RegistryProxies;
  /** Whether image manifests may arrive before the blobs they name. */
  readonly sparse: boolean;
  /** One JSON line per request. */
  readonly log?: (line: string) => void;
  /** One JSON line per change and refusal. */
  readonly audit?: (line: string) => void;
  /** Where metrics are served, to whoever can reach the address; undefined: nowhere. */
  readonly metrics?: RegistryAddress;
  /** A file of those who are told of pushes, pulls and deletions; undefined: that of the state root, if there is one. */
  readonly webhooks?: string;
  /** One line about a fault of the registry's own. */
  readonly report: (line: string) => void;
  /** How often garbage is collected, in milliseconds; 0: never. */
  readonly collectEveryMs: number;
  readonly graceMs: number;
  /** A file of rules of retention, read at each collection; undefined: that of the state root. */
  readonly retention?: string;
  readonly maxUploads: number;
}
/** Rules of retention, wherever they are kept. */
export interface RetentionRules {
  readonly text: string;
  /** What errors call them. */
  readonly file: string;
}
export interface RegistryCollectOptions extends Abortable {
  readonly directory?: string;
  readonly graceMs: number;
  /** How long copies from upstreams stay that nobody uses, in milliseconds; for ever when absent. */
  readonly unusedMs?: number;
  /** Also manifests that no tag, index or subject keeps. */
  readonly untagged: boolean;
  /** Undefined: those of the state root, if there are any. */
  readonly retention?: RetentionRules;
  readonly dryRun: boolean;
}
export interface RegistryService {
  /** Serves until the signal aborts, then lets requests under way end. */
  serve(
    options: RegistryServeOptions,
    ready: (listening: RegistryListening) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Users, policy and tokens of the registry on this state root. */
  access(): Promise<RegistryAccessService>;
  /** Rejects with ACCESS_FILE_INVALID for rules that are none. */
  collect(options: RegistryCollectOptions): Promise<RegistryCollected>;
  /** Reads all content again and verifies it. */
  scrub(options?: { readonly directory?: string } & Abortable): Promise<ScrubReport>;
}
