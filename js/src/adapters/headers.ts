import type { HostRequest } from "../options.js";
import { PREFIX } from "../origin.js";

/** A request as an adapter has read it. */
export interface Asked<Native> extends HostRequest<Native> {
  /** Names of headers that only Edgeward sets, and this client did: they are removed. */
  forged: readonly string[];
}

/** The engine is handed at most so many headers, */
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

/** Goes through headers once: on some hosts that costs more than deciding. Names must be in lower case. */
export function readHeaders(headers: Iterable<readonly [name: string, value: string]>): Read {
  const facts: Read["facts"] = [];
  const forged: string[] = [];
  let total = 0;
  let isFull = false;
  for (const [name, value] of headers) {
    if (name.startsWith(PREFIX)) forged.push(name);
    else if (!isFull && !WITHHELD.has(name)) {
      const kept = value.length > HEADER_VALUE_LIMIT ? value.slice(0, HEADER_VALUE_LIMIT) : value;
      total += name.length + kept.length;
      isFull = total > HEADER_TOTAL_LIMIT || facts.length >= HEADER_COUNT_LIMIT;
      if (!isFull) facts.push([name, kept]);
    }
  }
  return { facts, forged };
}
