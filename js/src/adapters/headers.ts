import type { HostRequest } from "../options.js";
/** A request as an adapter has read it. */
export interface Asked<Native> extends HostRequest<Native> {
  /** Names of headers that only Edgeward sets, and this client did: they are removed. */
  forged: readonly string[];
}

/** The engine is handed at most so many headers beside those that tell the client, */
export const HEADER_COUNT_LIMIT = 100;
/** so many characters of each value, */
export const HEADER_VALUE_LIMIT = 2_048;
/** and so many characters in all. What comes after is left out; the application still gets every header whole. */
export const HEADER_TOTAL_LIMIT = 32_768;

/** Secrets, and what only another party could have said: never facts. */
const WITHHELD = new Set(["authorization", "cookie", "proxy-authorization"]);

/** What a request's headers tell. */
export interface Read {
  /** What the engine is told, within the limits above. */
  facts: [name: string, value: string][];
  /** As in {@link Asked}. */
  forged: string[];
}

/** What a client is told by. The first of each is always handed on: no flood of others in front hides it. */
const TELLING = /* @__PURE__ */ new Map(
  /* @__PURE__ */ [
    "user-agent",
    "accept",
    "accept-encoding",
    "accept-language",
    "referer",
    "sec-ch-ua",
    "sec-ch-ua-full-version-list",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "x-requested-with",
    "signature",
    "signature-agent",
    "signature-input",
  ].map((name, index) => [name, 1 << index]),
);

/**
 * Whether only Edgeward sets a header of this name, which is in lower case. CGI, WSGI, Rack and PHP hand `_` and `-` to
 * applications as one.
 */
export function isOurs(name: string): boolean {
  return name.startsWith("edgeward-") || name.startsWith("edgeward_");
}

/** Goes through headers once: on some hosts that costs more than deciding. Names must be in lower case. */
export function readHeaders(headers: Iterable<readonly [name: string, value: string]>): Read {
  const facts: Read["facts"] = [];
  const forged: string[] = [];
  let total = 0;
  let isFull = false;
  let told = 0;
  for (const [name, value] of headers) {
    if (isOurs(name)) {
      forged.push(name);
      continue;
    }
    const telling = TELLING.get(name) ?? 0;
    const kept = value.length > HEADER_VALUE_LIMIT ? value.slice(0, HEADER_VALUE_LIMIT) : value;
    if ((telling & ~told) !== 0) {
      told |= telling;
      facts.push([name, kept]);
    } else if (!isFull && !WITHHELD.has(name)) {
      total += name.length + kept.length;
      isFull = total > HEADER_TOTAL_LIMIT || facts.length >= HEADER_COUNT_LIMIT;
      if (!isFull) facts.push([name, kept]);
    }
  }
  return { facts, forged };
}
