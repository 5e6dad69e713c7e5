import type { Context } from "hono";
import type { GetConnInfo } from "hono/conninfo";
import { isTrusted } from "../client-address.js";
import type { TrustedPeer, TrustedProxies } from "../client-address.js";
import { WebClient } from "../fetch/client.js";
import type { Told } from "../web.js";
import { clientFacts, httpVersion } from "../workers/client.js";

export interface HonoClientOptions {
  /**
   * Hono's own connection helper for the runtime in use: `getConnInfo` of `hono/deno`, `hono/bun`,
   * `@hono/node-server/conninfo`. Without it, the address is unknown.
   */
  connInfo?: GetConnInfo | undefined;
  /** On Cloudflare Workers: believe `request.cf` and `CF-Connecting-IP`, instead of `connInfo`. */
  platform?: "cloudflare" | undefined;
  /** On Cloudflare Workers: of whom `trustedHeaders` are believed; they need it. */
  trustedPeer?: TrustedPeer | undefined;
  /** Hosts in front that are believed about the client: a count, or CIDR ranges. Default: none. */
  trustedProxies?: TrustedProxies | undefined;
}

/** Hono runs on many hosts and cannot tell what each vouches for: the application names the source. */
export function clientOf({ connInfo, platform, trustedPeer, trustedProxies }: HonoClientOptions): (context: Context) => Told {
  const web = new WebClient(trustedProxies);
  return (context) => {
    const request = context.req.raw;
    if (platform === "cloudflare") {
      const version = httpVersion(request);
      const trustsPeer = isTrusted(trustedPeer, request);
      return { url: new URL(request.url), version, facts: clientFacts(request), trustsPeer };
    }
    return web.of(request, connInfo?.(context).remote.address);
  };
}
