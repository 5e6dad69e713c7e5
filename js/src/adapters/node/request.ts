import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import type { GuardOptions, Judgement, Passed } from "../../options.js";
import type { ClientFacts, HttpFacts, TlsFacts } from "../../types.js";
import { ClientAddress, requireProxies } from "../client-address.js";
import type { TrustedProxies } from "../client-address.js";
import { isOurs, readHeaders } from "../headers.js";
import type { Asked } from "../headers.js";
import { resolve } from "./address.js";

export interface NodeOptions extends Omit<GuardOptions<IncomingMessage>, "originSecret"> {
  /** Hosts in front that are believed about the client: a count, or CIDR ranges. Default: none. */
  trustedProxies?: TrustedProxies | undefined;
}

/** Those that not every adapter has. */
export const OWN_OPTIONS = ["trustedProxies"] as const satisfies readonly (keyof NodeOptions)[];

declare module "node:http" {
  interface IncomingMessage {
    edgeward?: Passed;
  }
}

/**
 * How requests of a Node server are read. Node vouches for the connection (address, TLS) and for nothing a header
 * says; what a proxy in front says counts as `trustedProxies` allows.
 * @throws {EdgewardError} `invalid_option`.
 */
export function reader(options: NodeOptions): (request: IncomingMessage, target?: string) => Asked<IncomingMessage> {
  requireProxies(options);
  const addresses = new ClientAddress(options.trustedProxies);
  return (request, target = targetOf(request)) => read(request, target, addresses);
}

/** Express cuts its mount point off `url`; what the client asked for is `originalUrl`. */
function targetOf(request: IncomingMessage & { originalUrl?: string }): string {
  return request.originalUrl ?? request.url ?? "/";
}

/** Tells the application what was decided: in `request.edgeward`, and in headers for what is behind it. */
export function admit(
  request: IncomingMessage,
  { forged }: Asked<IncomingMessage>,
  { originHeaders, withheld, record }: Judgement,
): Passed {
  const { headers, rawHeaders } = request;
  if (forged.length > 0) remove(request, isOurs);
  for (const [name, left] of Object.entries(withheld)) {
    const distinct = remove(request, (other) => other === name);
    if (left === undefined) continue;
    rawHeaders.push(name, (headers[name] = left));
    if (distinct !== undefined) distinct[name] = [left];
  }
  // Adapters of other frameworks (Hono's) read the headers as they came.
  for (const [name, value] of Object.entries(originHeaders)) rawHeaders.push(name, (headers[name] = value));
  return (request.edgeward = { ...record });
}

/** Whether whoever asked has left. HTTP/2 tells it of the stream. */
export function isGone(response: ServerResponse): boolean {
  return response.destroyed || (response as { stream?: { destroyed: boolean } }).stream?.destroyed === true;
}

/** Takes headers off wherever Node keeps them; the last of these places. */
function remove(request: IncomingMessage, is: (name: string) => boolean): NodeJS.Dict<string[]> | undefined {
  const { headers, rawHeaders } = request;
  // Made of as many raw headers as there were at first, and so before some are gone. HTTP/2 has none.
  const distinct = request.headersDistinct as NodeJS.Dict<string[]> | undefined;
  for (const name of Object.keys(headers).filter(is)) {
    delete headers[name];
    delete distinct?.[name];
  }
  for (let index = rawHeaders.length - 2; index >= 0; index -= 2) {
    if (is((rawHeaders[index] as string).toLowerCase())) rawHeaders.splice(index, 2);
  }
  return distinct;
}

function read(request: IncomingMessage, target: string, addresses: ClientAddress): Asked<IncomingMessage> {
  const { headers: byName } = request;
  const header = (name: string): string | undefined => {
    const value = byName[name];
    return typeof value === "object" ? value.join(", ") : value;
  };
  const socket = request.socket as Partial<TLSSocket>;
  const client = addresses.of(socket.remoteAddress, header("x-forwarded-for"));
  const forwarded = client.trustsPeer ? header("x-forwarded-proto") : undefined;
  const scheme = (forwarded ?? (socket.encrypted === true ? "https" : "http")) === "https" ? "https" : "http";
  const host = header("host") ?? header(":authority");
  const headers = pairs(request.rawHeaders);
  // HTTP/2 has the authority in a field of its own; signatures cover it with its port.
  if (header("host") === undefined && host !== undefined) headers.push(["host", host]);
  const { facts, forged } = readHeaders(headers);
  const address = resolve(scheme, host, target);
  return {
    native: request,
    method: request.method ?? "GET",
    url: address.href,
    header,
    forged,
    trustsPeer: client.trustsPeer,
    facts: {
      http: {
        method: request.method,
        scheme: scheme as "http" | "https",
        host: address.hostname,
        path: address.path,
        version: VERSIONS[request.httpVersion],
        headers: facts,
      },
      client: { ...NO_CLIENT, ip: client.ip },
      tls: socket.encrypted === true ? tlsFacts(socket) : NO_TLS,
      transport: { headerOrder: order(headers) },
    },
  };
}

/** Headers whose order tells browsers apart; no others are listed. */
const ORDERED = new Set(["accept", "accept-encoding", "accept-language", "user-agent"]);

function order(headers: readonly (readonly [name: string, value: string])[]): string[] {
  const names: string[] = [];
  for (const [name] of headers) if (ORDERED.has(name)) names.push(name);
  return names;
}

const VERSIONS: Readonly<Record<string, NonNullable<HttpFacts["version"]>>> = { "1.0": "1.0", "1.1": "1.1", "2.0": "h2" };

// Unknown, but there: facts that are merged in later then leave the shape of the object as it is.
const NO_CLIENT: ClientFacts = { ip: undefined, asn: undefined, country: undefined, city: undefined, proxy: undefined };
const NO_TLS: TlsFacts = { version: undefined, ja4: undefined, ja3: undefined, clientCert: undefined };

function tlsFacts(socket: Partial<TLSSocket>): TlsFacts {
  const certificate = socket.getPeerCertificate?.();
  return {
    ...NO_TLS,
    version: socket.getProtocol?.()?.replace(/^TLSv/, ""),
    clientCert: {
      presented: certificate !== undefined && Object.keys(certificate).length > 0,
      verified: socket.authorized === true,
    },
  };
}

/** Headers as they came; HTTP/2 begins with fields that are none (`:method`). */
function pairs(raw: readonly string[]): [string, string][] {
  const result: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? "").toLowerCase();
    if (!name.startsWith(":")) result.push([name, raw[index + 1] ?? ""]);
  }
  return result;
}
