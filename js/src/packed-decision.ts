import { members } from "./packed-agent.js";
import type { ReadClient } from "./packed-agent.js";
import type { Tables } from "./tables.js";
import type { Agent, Decision, Outcome, PolicyResult } from "./types.js";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Places of the words that come first, in the order of `edgeward::packed::Answer::write`: those of the client are before them. */
const OUTCOME = 8;
const SCORE = 9;
const PROBABILITY = 10;
const CODE = 11;
const SIGNALS = 13;

/** Planes of what each policy came to that number conditions, that are sets, and that number outage modes. */
const CONDITIONS = 5;
const FAILED = 1 << CONDITIONS;
const BEYOND = FAILED << 1;
const OPEN = BEYOND << 1;
const OUTAGES = CONDITIONS + 3;
const PLANE_PLACES = Array.from({ length: OUTAGES + 3 }, (_, place) => place);

type Detection = Decision["detections"][number];

/** Kinds of evidence that are no text. */
const NAMES = 1;
const NUMBER = 2;

/** What answers of one bundle share: tables, texts of the catalogue, and what is equal in many decisions. */
export interface Shared {
  tables: Tables;
  /** Words that the signals take. */
  signalWords: number;
  client: ReadClient;
  /** A constant of the module: it stays where it is. */
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
    return this.#list(this.#behindReasons, this.#controls, (word) => controls[word] as string);
  }

  get sessionControls(): Decision["sessionControls"] {
    const at = this.#lists + 2;
    return this.#hasSession ? this.#shared.sessionControls(this.#word(at), this.#word(at + 1)) : {};
  }

  get risk(): Decision["risk"] {
    return (this.#risk ??= this.#readRisk());
  }

  get agent(): Agent {
    return (this.#agent ??= this.#shared.client(this.#words, this.#name));
  }

  get detections(): Decision["detections"] {
    return (this.#detections ??= this.#readDetections());
  }

  get policies(): PolicyResult[] {
    return (this.#policies ??= this.#readPolicies());
  }

  get needs(): readonly string[] {
    const { facts } = this.#shared.tables;
    return this.#list(this.#behindReasons + this.#controls, this.#needs, (word) => facts[word] as string);
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

  /** Where it says how many of each follow. */
  get #lists(): number {
    return SIGNALS + this.#shared.signalWords;
  }

  get #counts(): number {
    return this.#word(this.#lists);
  }

  get #hasSession(): boolean {
    return this.#counts >> 26 !== 0;
  }

  get #controls(): number {
    return (this.#counts >> 9) & 0x7f;
  }

  get #needs(): number {
    return (this.#counts >> 16) & 0x3f;
  }

  /** Where the reasons begin. */
  get #behindSession(): number {
    return this.#lists + (this.#hasSession ? 4 : 2);
  }

  get #behindReasons(): number {
    return this.#behindSession + (this.#counts & 0x1ff);
  }

  /** Where the planes of what each policy came to begin. */
  get #behindNeeds(): number {
    return this.#behindReasons + this.#controls + this.#needs;
  }

  /** Where the detections begin. */
  get #behindPlanes(): number {
    let planes = 0;
    for (let rest = this.#word(this.#lists + 1); rest !== 0; rest &= rest - 1) planes += 1;
    return this.#behindNeeds + planes * this.#planeSize;
  }

  /** How many detections there are. */
  get #detected(): number {
    return (this.#counts >> 22) & 0xf;
  }

  /** Words that a plane takes. */
  get #planeSize(): number {
    return Math.ceil(this.#shared.tables.policies.length / 32);
  }

  #list<T>(at: number, count: number, read: (word: number, place: number) => T): T[] {
    if (count === 0) return [];
    return this.#words.slice(at, at + count).map(read);
  }

  #readReasons(): Decision["reasons"] {
    const { reasonCodes, sentences, policies, policyNames } = this.#shared.tables;
    return this.#list(this.#behindSession, this.#counts & 0x1ff, (word) => {
      const code = reasonCodes[word & 0xff] as Decision["reasons"][number]["code"];
      const [before, after] = sentences[word & 0xff] as [string, string];
      const policy = (word >> 8) - 1;
      if (policy < 0) return { code, text: before + after };
      return { code, policy: policies[policy] as string, text: before + (policyNames[policy] as string) + after };
    });
  }

  /** What `risk.levels` says, without the rest of it. */
  get riskLevels(): Decision["risk"]["levels"] {
    return members(this.#shared.tables.levels, this.#word(OUTCOME) >> 8);
  }

  /** What `detections` are of, without what each rests on. */
  get detectionTypes(): Detection["type"][] {
    const types = this.#shared.tables.detections as Detection["type"][];
    return this.#list(this.#behindPlanes, this.#detected, (word) => types[word & 0xff] as Detection["type"]);
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
      levels: this.riskLevels,
      contributions,
    };
  }

  #readDetections(): Decision["detections"] {
    const { tables, text } = this.#shared;
    const types = this.detectionTypes;
    const reader = new Words(this.#words, this.#behindPlanes + types.length, text);
    return this.#list(this.#behindPlanes, types.length, (word, place) => {
      const evidence: Detection["evidence"] = {};
      for (let left = word >> 16; left > 0; left -= 1) reader.evidence(evidence);
      return { type: types[place] as Detection["type"], level: tables.levels[(word >> 8) & 0xff] as Detection["level"], evidence };
    });
  }

  #readPolicies(): PolicyResult[] {
    const { policies, policyResults, results, conditions, outages } = this.#shared.tables;
    const size = this.#planeSize;
    const at = this.#behindNeeds;
    const planes = members(PLANE_PLACES, this.#word(this.#lists + 1));
    return policies.map((id, index) => {
      let number = 0;
      for (const [place, plane] of planes.entries()) {
        const word = this.#word(at + place * size + (index >> 5));
        number |= ((word >> (index & 31)) & 1) << plane;
      }
      const condition = number & (FAILED - 1);
      const outage = number >> OUTAGES;
      const came = number & OPEN ? 4 : number & BEYOND ? 2 : number & FAILED ? 1 : condition !== 0 ? 3 : 0;
      const result: PolicyResult = { id, result: results[policyResults[index]?.[came] as number] as PolicyResult["result"] };
      if (condition !== 0) result.reason = conditions[condition - 1] as string;
      if (outage !== 0) result.outage = outages[outage - 1] as NonNullable<PolicyResult["outage"]>;
      return result;
    });
  }
}

/** What is written word after word, as `edgeward::packed::Answer::evidence` does. */
class Words {
  readonly #words: readonly number[];
  readonly #text: Shared["text"];
  #at: number;

  constructor(words: readonly number[], at: number, text: Shared["text"]) {
    this.#words = words;
    this.#at = at;
    this.#text = text;
  }

  next(): number {
    const word = this.#words[this.#at] as number;
    this.#at += 1;
    return word;
  }

  /** A named value. */
  evidence(into: Detection["evidence"]): void {
    const at = this.next();
    const kind = this.next();
    into[this.#text(at, kind & 0xffff)] = this.#value(kind >> 16);
  }

  #value(kind: number): number | string | string[] {
    const first = this.next();
    if (kind === NUMBER) return this.next() * 2 ** 32 + (first >>> 0);
    if (kind === NAMES) return Array.from({ length: first }, () => this.#text(this.next(), this.next()));
    const at = this.#at;
    this.#at += Math.ceil(first / 4);
    const bytes = Uint8Array.from({ length: first }, (_, byte) => (this.#words[at + (byte >> 2)] as number) >> ((byte & 3) * 8));
    return decoder.decode(bytes);
  }
}

// What an origin is told of every request, which is not worth reading the rest of a decision for.

export function riskLevels(decision: Decision): Decision["risk"]["levels"] {
  return decision instanceof PackedDecision ? decision.riskLevels : decision.risk.levels;
}

export function detectionTypes(decision: Decision): Detection["type"][] {
  return decision instanceof PackedDecision ? decision.detectionTypes : decision.detections.map(({ type }) => type);
}

/** A decision with all its members as they are, to be copied. */
export function plain(decision: Decision): Decision {
  return decision instanceof PackedDecision ? decision.toJSON() : decision;
}

/** Crockford's base 32. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Five letters for 25 bits, lowest first. */
function letters(bits: number): string {
  let text = "";
  for (let shift = 0; shift < 25; shift += 5) text += ALPHABET[(bits >> shift) & 31] as string;
  return text;
}
