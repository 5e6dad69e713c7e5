import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import type { GuardOptions, Judgement, Passed } from "../../options.js";
import { isOurs } from "../../origin.js";
import type { HttpFacts, Request, TlsFacts } from "../../types.js";
import { ClientAddress, requireProxies } from "../client-address.js";
import type { TrustedProxies } from "../client-address.js";
import { HeaderReader } from "../headers.js";
import type { Asked } from "../headers.js";
import { resolve } from "./address.js";
import type { Address } from "./address.js";

export interface NodeOptions extends Omit<GuardOptions<IncomingMessage>, "originSecret"> {
  /** Hosts in front that are believed about the client: a count, or CIDR ranges. Default: none. */
  trustedProxies?: TrustedProxies | undefined;
}

/** Those that not every adapter has. */
export const OWN_OPTIONS = { trustedProxies: undefined } satisfies Partial<Record<keyof NodeOptions, undefined>>;

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
export function reader(options: NodeOptions): (request: IncomingMessage, target?: string) => Received {
  requireProxies(options);
  const addresses = new ClientAddress(options.trustedProxies);
  return (request, target = targetOf(request)) => new Received(request, target, addresses);
}

/** Express cuts its mount point off `url`; what the client asked for is `originalUrl`. */
function targetOf(request: IncomingMessage & { originalUrl?: string }): string {
  return request.originalUrl ?? request.url ?? "/";
}

/** Tells the application what was decided: in `request.edgeward`, and in headers for what is behind it. */
export function admit({ native, headers, rawHeaders, forged }: Received, { originHeaders, withheld, record }: Judgement): Passed {
  if (forged.length > 0) remove(native, isOurs);
  for (const name in withheld) {
    const left = withheld[name];
    const distinct = remove(native, (other) => other === name);
    if (left === undefined) continue;
    rawHeaders.push(name, (headers[name] = left));
    if (distinct !== undefined) distinct[name] = [left];
  }
  // Adapters of other frameworks (Hono's) read the headers as they came.
  for (const name in originHeaders) rawHeaders.push(name, (headers[name] = originHeaders[name] as string));
  return (native.edgeward = { ...record });
}

/** Whether whoever asked has left. HTTP/2 tells it of the stream alone. */
export function isGone(response: Partial<ServerResponse> & { stream?: { destroyed: boolean } }): boolean {
  return response.destroyed ?? response.stream?.destroyed === true;
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

/**
 * A request as this adapter reads it. It asks Node's request for each of its members once: Express gives every request a
 * shape of its own, by which no access is a quick one.
 */
export class Received implements Asked<IncomingMessage> {
  readonly native: IncomingMessage;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: string[];
  readonly method: string;
  readonly header: (name: string) => string | undefined;
  readonly forged: readonly string[];
  readonly trustsPeer: boolean;
  readonly facts: Request;
  readonly #address: Address;

  constructor(request: IncomingMessage, target: string, addresses: ClientAddress) {
    const { headers, rawHeaders, method, httpVersion } = request;
    const header = (name: string): string | undefined => {
      const value = headers[name];
      return typeof value === "object" ? value.join(", ") : value;
    };
    const socket = request.socket as Partial<TLSSocket>;
    const client = addresses.of(socket.remoteAddress, header("x-forwarded-for"));
    const forwarded = client.trustsPeer ? header("x-forwarded-proto") : undefined;
    const scheme = (forwarded ?? (socket.encrypted === true ? "https" : "http")) === "https" ? "https" : "http";
    const host = header("host") ?? header(":authority");
    const reader = new HeaderReader();
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      reader.add(rawHeaders[index] as string, rawHeaders[index + 1] as string);
    }
    // HTTP/2 has the authority in a field of its own; signatures cover it with its port.
    if (headers.host === undefined && host !== undefined) reader.add("host", host);
    const address = resolve(scheme, host, target);
    this.native = request;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.method = method ?? "GET";
    this.header = header;
    this.forged = reader.forged;
    this.trustsPeer = client.trustsPeer;
    this.facts = {
      http: {
        method,
        scheme,
        host: address.hostname,
        path: address.path,
        version: VERSIONS[httpVersion],
        headers: reader.facts,
      },
      client: { ip: client.ip, asn: undefined, country: undefined, city: undefined, proxy: undefined },
      tls: socket.encrypted === true ? tlsFacts(socket) : NO_TLS,
      transport: { headerOrder: reader.order },
    };
    this.#address = address;
  }

  get url(): string {
    return this.#address.href;
  }
}

const VERSIONS: Readonly<Record<string, NonNullable<HttpFacts["version"]>>> = { "1.0": "1.0", "1.1": "1.1", "2.0": "h2" };

// Unknown, but there: facts that are merged in later then leave the shape of the object as it is.
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
