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

/** Reads clients out of the words they cross as. Which of two ways is taken is what processors guess wrong, so that most is looked up. */
export class Clients {
  readonly #classes: Tables["classes"];
  readonly #verifications: Tables["verifications"];
  readonly #findings: Tables["findings"];
  readonly #purposes: readonly Agent["purpose"][];
  readonly #platforms: readonly Agent["platform"][];
  readonly #deviceKinds: readonly Agent["deviceKind"][];
  /** Texts of the catalogue by where they begin, each read once. */
  readonly #texts: (string | undefined)[];
  readonly #decode: (at: number, length: number) => string;

  /** `decode` reads a text that lies so far behind the beginning of the catalogue's texts, of so many bytes. */
  constructor(tables: Tables, bytes: number, decode: (at: number, length: number) => string) {
    this.#classes = tables.classes;
    this.#verifications = tables.verifications;
    this.#findings = tables.findings;
    this.#purposes = [null, ...tables.purposes];
    this.#platforms = [null, ...tables.platforms];
    this.#deviceKinds = [null, ...tables.deviceKinds];
    this.#texts = new Array<string | undefined>(bytes).fill(undefined);
    this.#decode = decode;
  }

  /** `own`: its name, where that is its own words. */
  read(words: ArrayLike<number>, own: string | undefined): Agent {
    const kinds = words[KINDS] as number;
    const name = words[NAME] as number;
    const operator = words[OPERATOR] as number;
    const browser = words[BROWSER] as number;
    const findings = words[FINDINGS] as number;
    return {
      class: this.#classes[kinds & 0xff] as Agent["class"],
      name: name === 0 ? (own ?? null) : (this.#texts[name & 0xffff] ?? this.#text(name)),
      operator: operator === 0 ? null : (this.#texts[operator & 0xffff] ?? this.#text(operator)),
      purpose: this.#purposes[(kinds >> 16) & 0xff] as Agent["purpose"],
      browser:
        browser === 0
          ? null
          : { name: this.#texts[browser & 0xffff] ?? this.#text(browser), major: words[MAJOR] as number },
      platform: this.#platforms[kinds >> 24] as Agent["platform"],
      deviceKind: this.#deviceKinds[(kinds >> 12) & 0xf] as Agent["deviceKind"],
      verification: this.#verifications[(kinds >> 8) & 0xf] as Agent["verification"],
      findings: findings === 0 ? NO_FINDINGS : members(this.#findings, findings),
    };
  }

  #text(word: number): string {
    const at = word & 0xffff;
    const text = this.#decode(at, word >> 16);
    this.#texts[at] = text;
    return text;
  }
}

/** The members of a set that crossed as bits. */
export function members<T>(table: readonly T[], bits: number): T[] {
  const of: T[] = [];
  for (let rest = bits; rest !== 0; rest &= rest - 1) of.push(table[31 - Math.clz32(rest & -rest)] as T);
  return of;
}
