/** An IP address as eight groups of 16 bits; IPv4 as IPv4-mapped IPv6 (RFC 4291 §2.5.5.2). */
export type Groups = readonly number[];

/** Groups that an IPv4-mapped address begins with. */
const MAPPED: Groups = [0, 0, 0, 0, 0, 0xffff];

/** Reads one address; a zone (`%eth0`) is dropped, anything else that is not an address is `undefined`. */
export function parse(text: string): Groups | undefined {
  if (!text.includes(":")) return parseV4(text);
  const [bare = ""] = text.split("%");
  const halves = bare.split("::");
  if (halves.length > 2) return undefined;
  if (halves.length === 2 && halves[0]?.includes(".")) return undefined;
  const [head = [], tail = []] = halves.map(groups);
  if (head === NONE || tail === NONE) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? undefined : [...head, ...Array<number>(missing).fill(0), ...tail];
}

/** Whether it is an IPv4 address, however it was written. */
export function isV4(address: Groups): boolean {
  return MAPPED.every((group, index) => address[index] === group);
}

/** IPv4 in dotted decimals; IPv6 as RFC 5952 writes it. */
export function format(address: Groups): string {
  if (isV4(address)) {
    const [high = 0, low = 0] = address.slice(6);
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
  }
  const text = address.map((group) => group.toString(16)).join(":");
  const zeros = (text.match(/\b0(?::0)+\b/g) ?? []).reduce((longest, run) => (run.length > longest.length ? run : longest), "");
  return zeros === "" ? text : text.replace(new RegExp(`(?:^|:)\\b${zeros}\\b(?::|$)`), "::");
}

/** A range in CIDR notation. `::/0` holds IPv4 too, as IPv4-mapped. */
export class Range {
  readonly #network: Groups;
  readonly #bits: number;

  private constructor(network: Groups, bits: number) {
    this.#network = network;
    this.#bits = bits;
  }

  /** An address alone is a range of one. */
  static parse(text: string): Range | undefined {
    const [ip = "", prefix, ...rest] = text.split("/");
    const network = parse(ip);
    if (network === undefined || rest.length > 0) return undefined;
    if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return undefined;
    const offset = ip.includes(":") ? 0 : 96;
    const bits = prefix === undefined ? 128 : Number(prefix) + offset;
    return bits > 128 ? undefined : new Range(network, bits);
  }

  contains(address: Groups): boolean {
    for (let index = 0, left = this.#bits; left > 0; index += 1, left -= 16) {
      const mask = left >= 16 ? 0xffff : (0xffff << (16 - left)) & 0xffff;
      if ((((address[index] ?? 0) ^ (this.#network[index] ?? 0)) & mask) !== 0) return false;
    }
    return true;
  }
}

const NONE: Groups = [];

function parseV4(text: string): Groups | undefined {
  const bytes = text.split(".").map((part) => (/^(0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256));
  const [a = 256, b = 256, c = 256, d = 256] = bytes;
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255)) return undefined;
  return [...MAPPED, (a << 8) | b, (c << 8) | d];
}

/** The groups of one side of `::`; {@link NONE} if they are none. */
function groups(side: string): Groups {
  if (side === "") return [];
  const parts = side.split(":");
  const last = parts.at(-1) ?? "";
  const v4 = last.includes(".") ? parseV4(last) : undefined;
  if (v4 !== undefined) parts.pop();
  if (!parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return NONE;
  return [...parts.map((part) => Number.parseInt(part, 16)), ...(v4?.slice(6) ?? [])];
}
