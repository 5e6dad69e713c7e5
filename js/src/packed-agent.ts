import type { Tables } from "./tables.js";
import type { Agent } from "./types.js";

/** Places of the words of a client, in the order of `edgeward::packed::Answer::agent`. */
const KINDS = 0;
const FINDINGS = 1;
const NAME = 2;
const OPERATOR = 3;
const BROWSER = 4;
const MAJOR = 5;
/** A name that is the client's own words. */
export const OWN = 6;

/** What nearly every client has. */
const NO_FINDINGS: Agent["findings"] = Object.freeze([]);

/** Reads a client out of the words it crossed as. `own`: its name, where that is its own words. */
export type ReadClient = (words: ArrayLike<number>, own: string | undefined) => Agent;

/**
 * What reads clients. Which of two ways is taken is what processors guess wrong, so that most is looked up. `decode` reads a
 * text that lies so far behind the beginning of the catalogue's texts, which are so many bytes.
 */
export function clientReader(tables: Tables, bytes: number, decode: (at: number, length: number) => string): ReadClient {
  const { classes, verifications } = tables;
  const purposes: readonly Agent["purpose"][] = [null, ...tables.purposes];
  const platforms: readonly Agent["platform"][] = [null, ...tables.platforms];
  const deviceKinds: readonly Agent["deviceKind"][] = [null, ...tables.deviceKinds];
  // Texts of the catalogue by where they begin, each read once.
  const texts = new Array<string | undefined>(bytes).fill(undefined);
  const text = (word: number): string => (texts[word & 0xffff] ??= decode(word & 0xffff, word >> 16));
  return (words, own) => {
    const kinds = words[KINDS] as number;
    const name = words[NAME] as number;
    const operator = words[OPERATOR] as number;
    const browser = words[BROWSER] as number;
    const findings = words[FINDINGS] as number;
    return {
      class: classes[kinds & 0xff] as Agent["class"],
      name: name === 0 ? (own ?? null) : text(name),
      operator: operator === 0 ? null : text(operator),
      purpose: purposes[(kinds >> 16) & 0xff] as Agent["purpose"],
      browser: browser === 0 ? null : { name: text(browser), major: words[MAJOR] as number },
      platform: platforms[kinds >> 24] as Agent["platform"],
      deviceKind: deviceKinds[(kinds >> 12) & 0xf] as Agent["deviceKind"],
      verification: verifications[(kinds >> 8) & 0xf] as Agent["verification"],
      findings: findings === 0 ? NO_FINDINGS : members(tables.findings, findings),
    };
  };
}

/** The members of a set that crossed as bits. */
export function members<T>(table: readonly T[], bits: number): T[] {
  const of: T[] = [];
  for (let rest = bits; rest !== 0; rest &= rest - 1) of.push(table[31 - Math.clz32(rest & -rest)] as T);
  return of;
}
