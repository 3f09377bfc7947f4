import { isIP } from "node:net";
import { Failure } from "./errors.ts";

export interface UnixAddress {
  readonly kind: "unix";
  readonly socket: string;
}
export interface TcpAddress {
  readonly kind: "tcp";
  /** "" where none is named. */
  readonly host: string;
  readonly port: number;
  /** Whether the scheme asks for TLS, whatever else is said. */
  readonly secure: boolean;
  /** Begins every request: "" or "/prefix". */
  readonly path: string;
}
/** Sockets that systemd opened: all of them, or that of a name or number. */
export interface FdAddress {
  readonly kind: "fd";
  readonly which: string;
}
/** A daemon's socket on another machine. */
export interface SshAddress {
  readonly kind: "ssh";
  readonly user?: string;
  readonly host: string;
  readonly port?: number;
  /** Of the socket there; absent: the one that its program finds. */
  readonly socket?: string;
}
export type EngineAddress = UnixAddress | TcpAddress | FdAddress | SshAddress;

export interface AddressOptions {
  /** Decides Docker's port where none is named. */
  readonly tls: boolean;
  /** What messages call it. */
  readonly option: string;
  readonly want: string;
}

/** Docker's ports: without and with TLS. */
const PORTS = { plain: 2375, tls: 2376 } as const;

type Read = (rest: string, options: AddressOptions) => EngineAddress | undefined;
const SCHEMES: Readonly<Record<string, Read>> = {
  unix: (rest) => (rest.startsWith("/") ? { kind: "unix", socket: rest } : undefined),
  fd: (which) => ({ kind: "fd", which }),
  tcp: (rest, { tls }) => readTcp(rest, { secure: false, tls }),
  http: (rest, { tls }) => readTcp(rest, { secure: false, tls }),
  https: (rest) => readTcp(rest, { secure: true, tls: true }),
  ssh: readSsh,
};

/** Reads what names a daemon's socket, to listen on or to connect to, as `-H` and DOCKER_HOST have it. Throws OPTION_INVALID. */
export function parseEngineAddress(text: string, options: AddressOptions): EngineAddress {
  const [, scheme = "", rest = ""] = /^([a-z]+):\/\/(.*)$/.exec(text) ?? [];
  const address = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme]?.(rest, options) : undefined;
  if (address === undefined) throw invalidAddress(text, options);
  return address;
}

export const invalidAddress = (got: string, { option, want }: AddressOptions): Failure =>
  new Failure("OPTION_INVALID", { option, got, want });

/** Of a scheme that URL knows no default port for, so that none is taken away. */
function readUrl(rest: string): URL | undefined {
  const text = `engine://${rest}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url === undefined || url.search !== "" || url.hash !== "" || url.password !== "" ? undefined : url;
}

/** Without brackets; undefined of a wrong one. */
function hostOf({ hostname }: URL): string | undefined {
  if (!hostname.startsWith("[")) return hostname;
  const host = hostname.slice(1, -1);
  return isIP(host) === 6 ? host : undefined;
}

function readTcp(
  rest: string,
  { secure, tls }: { readonly secure: boolean; readonly tls: boolean },
): TcpAddress | undefined {
  // A port alone is no URL.
  const [, digits] = /^:(\d{1,5})\/?$/.exec(rest) ?? [];
  const url = readUrl(digits === undefined ? rest : `none:${digits}`);
  if (rest === "") return { kind: "tcp", host: "", port: PORTS[tls ? "tls" : "plain"], secure, path: "" };
  if (url === undefined || url.username !== "") return undefined;
  const host = digits === undefined ? hostOf(url) : "";
  if (host === undefined) return undefined;
  const port = url.port === "" ? PORTS[tls ? "tls" : "plain"] : Number(url.port);
  return { kind: "tcp", host, port, secure, path: url.pathname.replace(/\/+$/, "") };
}

/** What ssh would take for an option is no name. */
const isName = (text: string): boolean => text !== "" && !text.startsWith("-") && !/[\s%\\'"]/.test(text);

function readSsh(rest: string): SshAddress | undefined {
  const url = readUrl(rest);
  const host = url && hostOf(url);
  if (url === undefined || host === undefined || !isName(host)) return undefined;
  const { username: user, port, pathname } = url;
  if (user !== "" && !isName(user)) return undefined;
  const socket = pathname.replace(/\/+$/, "");
  return {
    kind: "ssh",
    host,
    ...(user === "" ? {} : { user }),
    ...(port === "" ? {} : { port: Number(port) }),
    ...(socket === "" ? {} : { socket }),
  };
}

/** The address as messages name it. */
export function formatEngineAddress(address: EngineAddress): string {
  if (address.kind === "unix") return `unix://${address.socket}`;
  if (address.kind === "fd") return `fd://${address.which}`;
  if (address.kind === "tcp") return `tcp://${bracketed(address.host)}:${address.port}${address.path}`;
  const { user, host, port, socket = "" } = address;
  return `ssh://${user === undefined ? "" : `${user}@`}${bracketed(host)}${port === undefined ? "" : `:${port}`}${socket}`;
}

const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host);
