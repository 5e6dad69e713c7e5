import { PREFIX } from "../origin.js";

/** The engine is handed at most so many headers, */
export const HEADER_COUNT_LIMIT = 100;
/** so many characters of each value, */
export const HEADER_VALUE_LIMIT = 2_048;
/** and so many characters in all. What comes after is left out; the application still gets every header whole. */
export const HEADER_TOTAL_LIMIT = 32_768;

/** Secrets, and what only another party could have said: never facts. */
const WITHHELD = new Set(["authorization", "cookie", "proxy-authorization"]);

/** Headers as the engine is told them, within the limits above. Names must be in lower case. */
export function factHeaders(headers: Iterable<readonly [name: string, value: string]>): [string, string][] {
  const result: [string, string][] = [];
  let total = 0;
  for (const [name, value] of headers) {
    if (WITHHELD.has(name) || name.startsWith(PREFIX)) continue;
    const kept = value.length > HEADER_VALUE_LIMIT ? value.slice(0, HEADER_VALUE_LIMIT) : value;
    total += name.length + kept.length;
    if (total > HEADER_TOTAL_LIMIT || result.length >= HEADER_COUNT_LIMIT) break;
    result.push([name, kept]);
  }
  return result;
}
