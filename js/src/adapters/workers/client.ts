import * as read from "../../facts.js";
import colos from "./colos.json" with { type: "json" };
import type { Request } from "../../types.js";

/**
 * What Cloudflare vouches for, and nothing else: `request.cf`, which its edge computes, and `CF-Connecting-IP`,
 * which its edge overwrites whatever a client sends
 * (https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties,
 * https://developers.cloudflare.com/fundamentals/reference/http-headers/#cf-connecting-ip).
 * `X-Forwarded-For` is never read: its left part is the client's own.
 */
export function clientFacts(request: globalThis.Request): Request {
  const cf = (request as { cf?: CfProperties }).cf ?? {};
  const bot = cf.botManagement ?? {};
  const certificate = cf.tlsClientAuth;
  const edge = PLACES.get(cf.colo ?? "");
  return {
    client: {
      ip: read.text(request.headers.get("cf-connecting-ip")),
      asn: read.count(cf.asn),
      // T1 is Cloudflare's name for Tor, XX for a country it does not know; neither is a country.
      country: cf.country === "T1" || cf.country === "XX" ? undefined : read.country(cf.country),
      city: read.text(cf.city),
      latitude: read.degrees(cf.latitude, 90),
      longitude: read.degrees(cf.longitude, 180),
      proxy: cf.country === "T1" ? ("tor" as const) : undefined,
    },
    tls: {
      version: read.text(cf.tlsVersion)?.replace(/^TLSv/, ""),
      ja4: read.text(bot.ja4),
      ja3: read.text(bot.ja3Hash),
      clientCert: certificate && {
        presented: certificate.certPresented === "1",
        verified: certificate.certVerified === "SUCCESS",
      },
    },
    transport: { rttMs: read.count(cf.clientTcpRtt ?? cf.clientQuicRtt), edgeLatitude: edge?.[0], edgeLongitude: edge?.[1] },
    platformBot: {
      score: bot.score === 0 ? undefined : read.count(bot.score, 99), // 0: not computed
      verified: read.boolean(bot.verifiedBot),
    },
  };
}

/** Where each of Cloudflare's data centres is: latitude, longitude. */
const PLACES: ReadonlyMap<string, number[]> = new Map(Object.entries(colos.places));

const VERSIONS: Record<string, "1.0" | "1.1" | "h2" | "h3"> = {
  "HTTP/1.0": "1.0",
  "HTTP/1.1": "1.1",
  "HTTP/2": "h2",
  "HTTP/3": "h3",
};

/** The protocol the client spoke. */
export function httpVersion(request: globalThis.Request): "1.0" | "1.1" | "h2" | "h3" | undefined {
  return VERSIONS[(request as { cf?: CfProperties }).cf?.httpProtocol ?? ""];
}

/** The members read; `cf` is missing altogether outside Cloudflare. */
interface CfProperties {
  asn?: unknown;
  colo?: string;
  country?: unknown;
  city?: unknown;
  latitude?: unknown;
  longitude?: unknown;
  tlsVersion?: unknown;
  httpProtocol?: string;
  clientTcpRtt?: unknown;
  clientQuicRtt?: unknown;
  botManagement?: { score?: unknown; verifiedBot?: unknown; ja3Hash?: unknown; ja4?: unknown };
  tlsClientAuth?: { certPresented?: string; certVerified?: string };
}
