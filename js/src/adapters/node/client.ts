import { BlockList, isIP } from "node:net";
import { EdgewardError } from "../../errors.js";

/**
 * Which hosts in front of this one are believed about the client's address: how many there always are, or the
 * ranges they connect from. Without it the client is whoever connected, and forwarding headers are ignored:
 * anyone can write them.
 */
export type TrustedProxies = number | readonly string[];

export interface Client {
  /** Missing if it can not be known: a closed or Unix domain socket, or a forwarded address that is none. */
  ip: string | undefined;
  /** Whether the connection comes from a trusted proxy. */
  trustsPeer: boolean;
}

/** Finds the client's address from the connection and `X-Forwarded-For`, read from the right. */
export class ClientAddress {
  readonly #hops: number;
  readonly #ranges: BlockList | undefined;

  /** @throws {EdgewardError} `invalid_option`. */
  constructor(trusted: TrustedProxies | undefined) {
    this.#hops = typeof trusted === "number" ? trusted : 0;
    this.#ranges = typeof trusted === "object" ? blockList(trusted) : undefined;
    if (!Number.isInteger(this.#hops) || this.#hops < 0) {
      throw new EdgewardError("invalid_option", `\`${this.#hops}\` is not a number of hosts`, { path: "trustedProxies" });
    }
  }

  of(peer: string | undefined, forwardedFor: string | undefined): Client {
    const entries = (forwardedFor ?? "").split(",").map((entry) => entry.trim());
    if (forwardedFor === undefined || forwardedFor === "") entries.length = 0;
    if (this.#ranges !== undefined) return this.#byRange(address(peer), entries, this.#ranges);
    if (this.#hops === 0) return { ip: address(peer), trustsPeer: false };
    // Each proxy appends whom it saw, so the last of `hops` entries from the right was written by the outermost
    // trusted one. Fewer entries than proxies: somebody came in past them.
    const entry = entries[entries.length - this.#hops];
    return { ip: address(entry), trustsPeer: entry !== undefined };
  }

  #byRange(peer: string | undefined, entries: readonly string[], ranges: BlockList): Client {
    if (peer === undefined || !contains(ranges, peer)) return { ip: peer, trustsPeer: false };
    for (const entry of entries.toReversed()) {
      const ip = address(entry);
      if (ip === undefined) return { ip: undefined, trustsPeer: true };
      if (!contains(ranges, ip)) return { ip, trustsPeer: true };
    }
    return { ip: entries.length === 0 ? peer : address(entries[0]), trustsPeer: true };
  }
}

/** One address without port or brackets; IPv4-mapped IPv6 as IPv4. */
function address(value: string | undefined): string | undefined {
  const bare = (value ?? "").replace(/^\[(.+)\](?::\d+)?$/, "$1").replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
  const unmapped = bare.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "").replace(/%.*$/, "");
  return isIP(unmapped) === 0 ? undefined : unmapped;
}

function contains(ranges: BlockList, ip: string): boolean {
  return ranges.check(ip, isIP(ip) === 6 ? "ipv6" : "ipv4");
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const [index, range] of ranges.entries()) {
    const [ip = "", prefix] = range.split("/");
    const family = isIP(ip);
    const bits = prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix);
    if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 6 ? 128 : 32)) {
      throw new EdgewardError("invalid_option", `\`${range}\` is not an address or a range in CIDR notation`, {
        path: `trustedProxies[${index}]`,
      });
    }
    list.addSubnet(ip, bits, family === 6 ? "ipv6" : "ipv4");
  }
  return list;
}
