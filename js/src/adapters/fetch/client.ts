import { ClientAddress } from "../client-address.js";
import type { TrustedProxies } from "../client-address.js";
import type { Told } from "../web.js";

/** What Deno hands a handler beside the request: the connection, which Deno vouches for. */
export interface DenoInfo {
  remoteAddr: { transport: string; hostname?: string };
}

/** What Bun hands a handler beside the request. */
export interface BunServer {
  requestIP(request: globalThis.Request): { address: string } | null;
}

/** Deno: who is connected. A Unix domain socket has no address. */
export function denoPeer(_: globalThis.Request, { remoteAddr }: DenoInfo): string | undefined {
  return remoteAddr.hostname;
}

/** Bun: who is connected. A closed request and a Unix domain socket have no address. */
export function bunPeer(request: globalThis.Request, server: BunServer): string | undefined {
  return server.requestIP(request)?.address;
}

/**
 * Nothing in a Fetch request tells who sent it: its address comes from `peer`, which the platform vouches for, or
 * from the proxies in front that `trustedProxies` names.
 */
export class WebClient {
  readonly #addresses: ClientAddress;

  /** @throws {EdgewardError} `invalid_option`. */
  constructor(trustedProxies: TrustedProxies | undefined) {
    this.#addresses = new ClientAddress(trustedProxies);
  }

  of(request: globalThis.Request, peer: string | undefined): Told {
    const header = (name: string): string | undefined => request.headers.get(name) ?? undefined;
    const client = this.#addresses.of(peer, header("x-forwarded-for"));
    const url = new URL(request.url);
    const scheme = client.trustsPeer ? header("x-forwarded-proto") : undefined;
    if (scheme === "https" || scheme === "http") url.protocol = scheme;
    return { url, facts: { client: { ip: client.ip } }, trustsPeer: client.trustsPeer };
  }
}
