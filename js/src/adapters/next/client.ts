import { EdgewardError } from "../../errors.js";
import * as read from "../../facts.js";
import type { Request } from "../../types.js";
import { isTrusted } from "../client-address.js";
import type { TrustedPeer } from "../client-address.js";
import { WebClient } from "../fetch/client.js";
import type { Told } from "../web.js";

export interface NextClientOptions {
  /**
   * On Vercel: believe the `x-vercel-…` headers and `x-real-ip`, which its proxy sets whatever a client sends
   * (https://vercel.com/docs/headers/request-headers). Anywhere else a client can write them.
   */
  platform?: "vercel" | undefined;
  /** On Vercel: of whom `trustedHeaders` are believed; they need it. */
  trustedPeer?: TrustedPeer | undefined;
  /**
   * How many hosts in front append to `X-Forwarded-For`. Next hands on no connection, and leaves a header the client
   * wrote as it is, so that ranges can not be checked, and without a number the address is unknown.
   */
  trustedProxies?: number | undefined;
}

/** @throws {EdgewardError} `invalid_option`. */
export function clientOf({ platform, trustedPeer, trustedProxies }: NextClientOptions): (request: globalThis.Request) => Told {
  if (trustedProxies !== undefined && typeof trustedProxies !== "number") {
    throw new EdgewardError("invalid_option", "Next tells no connection to compare ranges with; give a count", {
      path: "trustedProxies",
    });
  }
  const web = new WebClient(trustedProxies);
  return (request) => {
    const told = web.of(request, undefined);
    // Behind `next start`, `url` names the address Next listens on; the client asked for this one.
    const host = request.headers.get("host");
    if (host !== null && URL.canParse(`${told.url.protocol}//${host}`)) {
      told.url.port = ""; // A host without a port would keep this one.
      told.url.host = host;
    }
    if (platform !== "vercel") return told;
    told.url.protocol = "https:";
    return { ...told, facts: vercelFacts(request.headers), trustsPeer: isTrusted(trustedPeer, request) };
  };
}

function vercelFacts(headers: Headers): Request {
  const header = (name: string): string | undefined => headers.get(name) ?? undefined;
  return {
    client: {
      ip: read.text(header("x-real-ip")),
      asn: read.count(header("x-vercel-ip-as-number")),
      country: read.country(header("x-vercel-ip-country")),
      city: city(header("x-vercel-ip-city")),
      latitude: read.degrees(header("x-vercel-ip-latitude"), 90),
      longitude: read.degrees(header("x-vercel-ip-longitude"), 180),
    },
    tls: { ja4: read.text(header("x-vercel-ja4-digest")) },
  };
}

/** Percent-encoded, because header values can not carry every name. */
function city(value: string | undefined): string | undefined {
  try {
    return value === undefined ? undefined : decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
