import type { HostRequest } from "../options.js";
import { isOurs } from "../origin.js";

/** A request as an adapter has read it. */
export interface Asked<Native> extends HostRequest<Native> {
  /** Names of headers that only Edgeward sets, and this client did: they are removed. */
  forged: readonly string[];
}

/** The engine is handed at most so many headers, and those that tell the client, */
export const HEADER_COUNT_LIMIT = 100;
/** so many characters of each value, */
export const HEADER_VALUE_LIMIT = 2_048;
/** and so many characters in all. What comes after is left out; the application still gets every header whole. */
export const HEADER_TOTAL_LIMIT = 32_768;

/** Secrets, and what only another party could have said: never facts. */
const WITHHELD = ["authorization", "cookie", "proxy-authorization"];

/** What a client is told by: what decisions read, and what signatures are checked with. The first of each is always handed on: no flood of others in front hides it. */
export const TELLING = [
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
];

/** Headers whose order tells browsers apart; no others are listed. */
const ORDERED = ["accept", "accept-encoding", "accept-language", "user-agent"];

/** What a header is by its name. */
interface Kind {
  /** In lower case. */
  name: string;
  /** A bit of its own for one of those that a client is told by, otherwise 0. */
  telling: number;
  isOrdered: boolean;
  isOurs: boolean;
  /** Never a fact. */
  isWithheld: boolean;
}

/** Kinds by the name as it is spelled, because finding it is cheaper than writing it small and looking through lists. */
const KINDS = new Map<string, Kind>();
/** Clients choose the spellings, so that so many are remembered at most, */
const SPELLINGS = 512;
/** and none that is longer than this: characters. */
const SPELLING_LIMIT = 64;

function learn(spelled: string): Kind {
  const name = spelled.toLowerCase();
  const place = TELLING.indexOf(name);
  const kind = {
    name,
    telling: place < 0 ? 0 : 1 << place,
    isOrdered: ORDERED.includes(name),
    isOurs: isOurs(name),
    // HTTP/2 begins with fields that are no headers (`:method`).
    isWithheld: WITHHELD.includes(name) || name.startsWith(":"),
  };
  if (KINDS.size >= SPELLINGS) KINDS.clear();
  if (spelled.length <= SPELLING_LIMIT) KINDS.set(spelled, kind);
  return kind;
}

/** What a request's headers tell. */
export interface Read {
  /** What the engine is told, within the limits above. */
  facts: [name: string, value: string][];
  /** As in {@link Asked}. */
  forged: string[];
}

/** Goes through headers once, inside the host: on some, to take them out of it one by one costs more than deciding. */
export function readHeaders(headers: Headers): Read {
  const reader = new HeaderReader();
  headers.forEach((value, name) => reader.add(name, value));
  return { facts: reader.facts, forged: reader.forged };
}

/** The same for a host that hands out headers one by one. */
export class HeaderReader implements Read {
  readonly facts: [name: string, value: string][] = [];
  readonly forged: string[] = [];
  /** Names of those whose order tells, as they came. */
  readonly order: string[] = [];
  #told = 0;
  #total = 0;
  #isFull = false;

  add(spelled: string, value: string): void {
    const { name, telling, isOrdered, isOurs, isWithheld } = KINDS.get(spelled) ?? learn(spelled);
    if (isOrdered) this.order.push(name);
    if (isOurs) this.forged.push(name);
    else if ((telling & ~this.#told) !== 0) {
      this.#told |= telling;
      this.facts.push([name, shortened(value)]);
    } else if (!this.#isFull && !isWithheld) this.#addWithin(name, shortened(value));
  }

  #addWithin(name: string, value: string): void {
    this.#total += name.length + value.length;
    this.#isFull = this.#total > HEADER_TOTAL_LIMIT || this.facts.length >= HEADER_COUNT_LIMIT;
    if (!this.#isFull) this.facts.push([name, value]);
  }
}

function shortened(value: string): string {
  return value.length > HEADER_VALUE_LIMIT ? value.slice(0, HEADER_VALUE_LIMIT) : value;
}
