import { EdgewardError } from "../errors.js";
import { format, parse, Range } from "./ip.js";
import type { Groups } from "./ip.js";

/**
 * Which hosts in front of this one are believed about the client's address: how many there always are, or the
 * ranges they connect from. Without it the client is whoever connected, and forwarding headers are ignored:
 * anyone can write them.
 */
export type TrustedProxies = number | readonly string[];

/** @throws {EdgewardError} if plain headers would be believed of anyone. */
export function requireProxies(options: { trustedHeaders?: unknown; trustedProxies?: unknown }): void {
  if (options.trustedHeaders === undefined || options.trustedProxies !== undefined) return;
  throw new EdgewardError("invalid_option", "without `trustedProxies` anyone could state the `trustedHeaders`", {
    path: "trustedHeaders",
  });
}

/**
 * Whether a request comes from the host in front that sets or removes every one of the `trustedHeaders`: by a secret
 * that it adds, or a client certificate. Anyone can ask a platform that is open to the internet.
 */
export type TrustedPeer = (request: globalThis.Request) => boolean;

/** @throws {EdgewardError} if plain headers would be believed of anyone. */
export function requirePeer(options: { trustedHeaders?: unknown; trustedPeer?: unknown }): void {
  if (options.trustedHeaders === undefined || options.trustedPeer !== undefined) return;
  throw new EdgewardError("invalid_option", "without `trustedPeer` anyone could state the `trustedHeaders`", {
    path: "trustedHeaders",
  });
}

/** One that fails is no proof. */
export function isTrusted(trustedPeer: TrustedPeer | undefined, request: globalThis.Request): boolean {
  try {
    return trustedPeer?.(request) === true;
  } catch {
    return false;
  }
}

export interface Client {
  /** Missing if it can not be known: a closed or Unix domain socket, or a forwarded address that is none. */
  ip: string | undefined;
  /** Whether the connection comes from a trusted proxy. */
  trustsPeer: boolean;
}

/** Finds the client's address from the connection and `X-Forwarded-For`, read from the right. */
export class ClientAddress {
  readonly #hops: number;
  readonly #ranges: readonly Range[] | undefined;

  /** @throws {EdgewardError} `invalid_option`. */
  constructor(trusted: TrustedProxies | undefined) {
    this.#ranges = Array.isArray(trusted) ? trusted.map(range) : undefined;
    const hops = this.#ranges === undefined ? (trusted ?? 0) : 0;
    if (trusted === null || typeof hops !== "number" || !Number.isInteger(hops) || hops < 0) {
      throw new EdgewardError("invalid_option", `\`${String(trusted)}\` is neither a number of hosts nor a list of ranges`, {
        path: "trustedProxies",
      });
    }
    this.#hops = hops;
  }

  of(peer: string | undefined, forwardedFor: string | undefined): Client {
    const entries = forwardedFor === undefined || forwardedFor === "" ? [] : forwardedFor.split(",");
    if (this.#ranges !== undefined) return this.#byRange(address(peer), entries, this.#ranges);
    if (this.#hops === 0) return { ip: connected(peer), trustsPeer: false };
    // Each proxy appends whom it saw, so the last of `hops` entries from the right was written by the outermost
    // trusted one. Fewer entries than proxies: somebody came in past them.
    const entry = entries[entries.length - this.#hops];
    return { ip: text(address(entry)), trustsPeer: entry !== undefined };
  }

  #byRange(peer: Groups | undefined, entries: readonly string[], ranges: readonly Range[]): Client {
    const trusted = (ip: Groups): boolean => ranges.some((range) => range.contains(ip));
    if (peer === undefined || !trusted(peer)) return { ip: text(peer), trustsPeer: false };
    let client: Groups | undefined = peer;
    for (let index = entries.length - 1; index >= 0; index -= 1) {
      client = address(entries[index]);
      // What is no address was written past a trusted proxy: nothing further left is anybody's word.
      if (client === undefined || !trusted(client)) break;
    }
    return { ip: text(client), trustsPeer: true };
  }
}

/** The address of a connection, as its host writes it; most need no taking apart. */
function connected(peer: string | undefined): string | undefined {
  return peer !== undefined && /^\d+\.\d+\.\d+\.\d+$/.test(peer) ? peer : text(address(peer));
}

/** One address without port or brackets. */
function address(value: string | undefined): Groups | undefined {
  const bare = (value ?? "").trim().replace(/^\[(.+)\](?::\d+)?$/, "$1");
  return parse(bare.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1"));
}

function text(ip: Groups | undefined): string | undefined {
  return ip && format(ip);
}

function range(value: unknown, index: number): Range {
  const parsed = typeof value === "string" ? Range.parse(value) : undefined;
  if (parsed !== undefined) return parsed;
  throw new EdgewardError("invalid_option", `\`${String(value)}\` is not an address or a range in CIDR notation`, {
    path: `trustedProxies[${index}]`,
  });
}
