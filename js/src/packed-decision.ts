import type { Tables } from "./tables.js";
import type { Agent, Decision, Outcome, PolicyResult } from "./types.js";

const decoder = new TextDecoder();

/** Places of the words that come first, in the order of `edgeward::packed::Answer::write`. */
const KINDS = 0;
const FINDINGS = 1;
export const NAME = 2;
const OPERATOR = 4;
const BROWSER = 6;
const MAJOR = 8;
const OUTCOME = 9;
const SCORE = 10;
const PROBABILITY = 11;
const CODE = 12;
const SIGNALS = 14;

/** What answers of one bundle share: tables, texts of the catalogue, and what is equal in many decisions. */
export interface Shared {
  tables: Tables;
  /** Words that the signals take. */
  signalWords: number;
  /** A text of the catalogue, by where it lies in the module's memory. */
  text: (at: number, length: number) => string;
  sessionControls: (modes: number, frequency: number) => Decision["sessionControls"];
}

/**
 * A decision as it crossed, in numbers. Its members are read out of them when somebody looks, which for most requests
 * is the outcome alone: they are getters of the class, so `{ ...decision }` has none of them. `toJSON`, and so
 * `JSON.stringify`, has them all, equal to what crosses as JSON.
 */
export class PackedDecision implements Decision {
  readonly outcome: Outcome;
  readonly #words: readonly number[];
  readonly #shared: Shared;
  readonly #name: string | undefined;
  #reasons: Decision["reasons"] | undefined;
  #risk: Decision["risk"] | undefined;
  #agent: Agent | undefined;
  #detections: Decision["detections"] | undefined;
  #policies: PolicyResult[] | undefined;

  /**
   * `name`: the agent's, where it is the client's own words. Texts of a request are the host's, and only where they lie
   * in the module is in the words.
   */
  constructor(words: readonly number[], shared: Shared, name: string | undefined) {
    this.outcome = shared.tables.outcomes[(words[OUTCOME] as number) & 0xff] as Outcome;
    this.#words = words;
    this.#shared = shared;
    this.#name = name;
  }

  get reasons(): Decision["reasons"] {
    return (this.#reasons ??= this.#readReasons());
  }

  get controls(): readonly string[] {
    const { controls } = this.#shared.tables;
    return this.#list(this.#behind(this.#lists, 1), (word) => controls[word] as string);
  }

  get sessionControls(): Decision["sessionControls"] {
    const at = this.#lists - 2;
    return this.#shared.sessionControls(this.#word(at), this.#word(at + 1));
  }

  get risk(): Decision["risk"] {
    return (this.#risk ??= this.#readRisk());
  }

  get agent(): Agent {
    return (this.#agent ??= readAgent(this.#words, this.#shared, this.#name));
  }

  get detections(): Decision["detections"] {
    return (this.#detections ??= this.#readDetections());
  }

  get policies(): PolicyResult[] {
    return (this.#policies ??= this.#readPolicies());
  }

  get needs(): readonly string[] {
    const { facts } = this.#shared.tables;
    return this.#list(this.#behind(this.#lists, 2), (word) => facts[word] as string);
  }

  get versions(): Decision["versions"] {
    return this.#shared.tables.versions as Decision["versions"];
  }

  get supportCode(): string {
    return `${letters(this.#word(CODE))}-${letters(this.#word(CODE + 1))}`;
  }

  toJSON(): Decision {
    return {
      outcome: this.outcome,
      reasons: this.reasons,
      controls: this.controls,
      sessionControls: this.sessionControls,
      risk: this.risk,
      agent: this.agent,
      detections: this.detections,
      policies: this.policies,
      needs: this.needs,
      versions: this.versions,
      supportCode: this.supportCode,
    };
  }

  #word(at: number): number {
    return this.#words[at] as number;
  }

  /** Where the lists begin: behind signals, length of the text and session controls. */
  get #lists(): number {
    return SIGNALS + this.#shared.signalWords + 3;
  }

  /** Where the list after so many others begins. */
  #behind(at: number, lists: number): number {
    return lists === 0 ? at : this.#behind(at + 1 + this.#word(at), lists - 1);
  }

  #list<T>(at: number, read: (word: number) => T): T[] {
    return this.#words.slice(at + 1, at + 1 + this.#word(at)).map(read);
  }

  #readReasons(): Decision["reasons"] {
    const { reasonCodes, sentences, policies, policyNames } = this.#shared.tables;
    return this.#list(this.#lists, (word) => {
      const code = reasonCodes[word & 0xff] as Decision["reasons"][number]["code"];
      const [before, after] = sentences[word & 0xff] as [string, string];
      const policy = (word >> 8) - 1;
      if (policy < 0) return { code, text: before + after };
      return { code, policy: policies[policy] as string, text: before + (policyNames[policy] as string) + after };
    });
  }

  #readRisk(): Decision["risk"] {
    const { tables } = this.#shared;
    const contributions: Decision["risk"]["contributions"] = [];
    for (const [signal, [name, bins]] of tables.signals.entries()) {
      const bin = (this.#word(SIGNALS + (signal >> 2)) >> ((signal & 3) * 8)) & 0xff;
      const points = tables.points[signal]?.[bin] ?? 0;
      if (points !== 0) contributions.push({ signal: name, bin: bins[bin] as string, points });
    }
    return {
      score: this.#word(SCORE),
      probabilityQ16: this.#word(PROBABILITY),
      levels: members(tables.levels, this.#word(OUTCOME) >> 8),
      contributions,
    };
  }

  #readDetections(): Decision["detections"] {
    const length = this.#word(this.#lists - 3);
    if (length === 0) return [];
    const at = this.#words.length - Math.ceil(length / 4);
    const bytes = Uint8Array.from({ length }, (_, byte) => this.#word(at + (byte >> 2)) >> ((byte & 3) * 8));
    return JSON.parse(decoder.decode(bytes)) as Decision["detections"];
  }

  #readPolicies(): PolicyResult[] {
    const { policies, results, conditions, outages } = this.#shared.tables;
    const sets = this.#behind(this.#lists, 3);
    const size = this.#word(sets);
    const count = this.#word(sets + 1);
    return policies.map((id, index) => {
      let number = 0;
      for (let plane = 0; plane < count; plane += 1) {
        const word = this.#word(sets + 2 + plane * size + (index >> 5));
        number |= ((word >> (index & 31)) & 1) << plane;
      }
      const result: PolicyResult = { id, result: results[number & 0xf] as PolicyResult["result"] };
      const condition = (number >> 4) & 0x1f;
      const outage = number >> 9;
      if (condition !== 0) result.reason = conditions[condition - 1] as string;
      if (outage !== 0) result.outage = outages[outage - 1] as NonNullable<PolicyResult["outage"]>;
      return result;
    });
  }
}

/** A decision with all its members as they are, to be copied. */
export function plain(decision: Decision): Decision {
  return decision instanceof PackedDecision ? decision.toJSON() : decision;
}

/** A client, out of the words of `edgeward::packed::Answer::agent`. */
export function readAgent(words: ArrayLike<number>, { tables, text }: Shared, name: string | undefined): Agent {
  const kinds = words[KINDS] as number;
  const deviceKind = (kinds >> 12) & 0xf;
  const purpose = (kinds >> 16) & 0xff;
  const platform = kinds >> 24;
  const nameAt = words[NAME] as number;
  const operatorAt = words[OPERATOR] as number;
  const browserAt = words[BROWSER] as number;
  return {
    class: tables.classes[kinds & 0xff] as Agent["class"],
    name: name ?? (nameAt === 0 ? null : text(nameAt, words[NAME + 1] as number)),
    operator: operatorAt === 0 ? null : text(operatorAt, words[OPERATOR + 1] as number),
    purpose: purpose === 0 ? null : (tables.purposes[purpose - 1] as Agent["purpose"]),
    browser:
      browserAt === 0
        ? null
        : { name: text(browserAt, words[BROWSER + 1] as number), major: words[MAJOR] as number },
    platform: platform === 0 ? null : (tables.platforms[platform - 1] as Agent["platform"]),
    deviceKind: deviceKind === 0 ? null : (tables.deviceKinds[deviceKind - 1] as Agent["deviceKind"]),
    verification: tables.verifications[(kinds >> 8) & 0xf] as Agent["verification"],
    findings: members(tables.findings, words[FINDINGS] as number),
  };
}

function members<T>(table: readonly T[], bits: number): T[] {
  const of: T[] = [];
  for (let rest = bits; rest !== 0; rest &= rest - 1) of.push(table[31 - Math.clz32(rest & -rest)] as T);
  return of;
}

/** Crockford's base 32. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Five letters for 25 bits, lowest first. */
function letters(bits: number): string {
  let text = "";
  for (let shift = 0; shift < 25; shift += 5) text += ALPHABET[(bits >> shift) & 31] as string;
  return text;
}
