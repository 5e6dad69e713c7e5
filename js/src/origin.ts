import { hex } from "./hex.js";
import { detectionTypes, riskLevels } from "./packed-decision.js";
import type { Decision, Request } from "./types.js";

/** Every header of ours begins with this; a client's own are removed before the origin sees them. */
export const PREFIX = "edgeward-";

/**
 * Whether only Edgeward sets a header of this name, which is in lower case. CGI, WSGI, Rack and PHP hand `_` and `-` to
 * applications as one.
 */
export function isOurs(name: string): boolean {
  return name.startsWith(PREFIX) || name.startsWith("edgeward_");
}

const SIGNATURE = "edgeward-signature";
const encoder = new TextEncoder();

/** What the origin is told about a request that passed. Values are percent-encoded where they are not plain. */
export function resultHeaders(decision: Decision, facts: Request): Record<string, string> {
  const { agent } = decision;
  const detected = detectionTypes(decision);
  const headers: Record<string, string> = {
    "edgeward-outcome": decision.outcome,
    "edgeward-support-code": decision.supportCode,
    "edgeward-agent": agent.class,
    "edgeward-risk": riskLevels(decision).join(","),
  };
  if (agent.name !== null) headers["edgeward-agent-name"] = encoded(agent.name);
  const { principal, session } = facts;
  if (principal?.kind) headers["edgeward-principal-kind"] = principal.kind;
  if (principal?.id) headers["edgeward-principal"] = encoded(principal.id);
  if (session?.id) headers["edgeward-session"] = encoded(session.id);
  if (detected.length > 0) headers["edgeward-detections"] = detected.join(",");
  return headers;
}

/** Most are plain, which is cheaper to see than to encode. */
function encoded(text: string): string {
  return /^[\w.-]*$/.test(text) ? text : encodeURIComponent(text);
}

/** Signs result headers for an origin that can be reached past the edge. */
export class OriginSigner {
  readonly #key: Promise<CryptoKey>;

  constructor(secret: string) {
    this.#key = importKey(secret);
  }

  /** The signature header over method, address, time and `headers`. */
  async sign(method: string, url: string, headers: Record<string, string>, now: number): Promise<Record<string, string>> {
    const mac = await crypto.subtle.sign("HMAC", await this.#key, message(method, url, headers, now));
    return { [SIGNATURE]: `t=${now},v1=${hex(new Uint8Array(mac))}` };
  }
}

/**
 * For the origin: whether a request's `edgeward-*` headers were set by an edge that holds `secret`, for this very
 * method and path, less than `maxAgeMs` ago. `url`: the address, or the path and query as they came (`request.url` of
 * `node:http`).
 */
export async function verifyResult(
  request: { method: string; url: string; headers: Iterable<[string, string]> },
  secret: string,
  now: number = Date.now(),
  maxAgeMs = 60_000,
): Promise<boolean> {
  const headers: Record<string, string> = {};
  for (const [spelled, value] of request.headers) {
    const name = spelled.toLowerCase();
    if (!isOurs(name)) continue;
    // Which of two an application reads, nobody knows.
    if (Object.hasOwn(headers, name)) return false;
    headers[name] = value;
  }
  const [, time, digits] = /^t=(\d{1,16}),v1=([0-9a-f]{64})$/.exec(headers[SIGNATURE] ?? "") ?? [];
  if (time === undefined || digits === undefined) return false;
  delete headers[SIGNATURE];
  const signedAt = Number(time);
  if (Math.abs(now - signedAt) > maxAgeMs) return false;
  const mac = Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const text = message(request.method, request.url, headers, signedAt);
  return crypto.subtle.verify("HMAC", await importKey(secret), mac, text);
}

function message(method: string, url: string, headers: Record<string, string>, time: number): Uint8Array<ArrayBuffer> {
  const lines = Object.entries(headers)
    .map(([name, value]) => `${name}:${value}`)
    .sort();
  return encoder.encode([String(time), method, target(url), ...lines].join("\n"));
}

/**
 * Path and query: the origin knows itself by another scheme and host than the client does. As they are written, because an
 * application routes by that: resolved, `//other/x` and `/z/../x` would be `/x`.
 */
function target(url: string): string {
  const [, rest] = /^https?:\/\/[^/?#\\]*([^#]*)/i.exec(url) ?? [];
  if (rest === undefined) return url;
  return rest.startsWith("/") ? rest : `/${rest}`;
}

function importKey(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", encoder.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);
}
