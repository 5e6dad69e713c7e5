import type { Engine } from "./engine.js";
import { Lru } from "./lru.js";
import type { ScorerClient, ScorerOptions } from "./scorer.js";
import { State } from "./state.js";
import type { Answer, Profile, Request, RiskFacts } from "./types.js";

/** After a failed first bundle, how soon the next request may try again: milliseconds. */
const RETRY_MS = 1_000;
/** How long receipts wait for company before they are sent, and before what failed is sent again: milliseconds. */
const SEND_AFTER_MS = [250, 1_000, 4_000];
/** A sender that has not come back by then was stopped with its request: milliseconds. */
const SENDER_LOST_MS = 20_000;
/** Pages of state read in one go; what is left follows at the next. */
const PAGES_LIMIT = 50;
/** After state that was too old to decide by could not be had, how soon a request waits for it again: ms. */
const STALE_RETRY_MS = 5_000;
const CACHE_ENTRIES = 10_000;

/**
 * What the edge keeps of the scorer: the newest bundle, revoked sessions, risk levels, profiles. Driven by the
 * requests themselves, because a worker has no background: what is due is fetched after an answer was given, and
 * only what is missing or too old to decide by is waited for.
 */
export class Feed {
  readonly #engine: Engine;
  readonly #scorer: ScorerClient;
  readonly #report: (code: string, message: string) => void;
  readonly #bundleIntervalMs: number;
  readonly #stateIntervalMs: number;
  readonly #stateMaxAgeMs: number;
  readonly #state = new State();
  readonly #profiles = new Lru<Profile>(CACHE_ENTRIES);
  readonly #identifiers = new Lru<string>(CACHE_ENTRIES);
  #etag: string | undefined;
  #bundleAt = Number.NEGATIVE_INFINITY;
  #stateAt = Number.NEGATIVE_INFINITY;
  #stateTriedAt = Number.NEGATIVE_INFINITY;
  #sendingSince = Number.NEGATIVE_INFINITY;

  constructor(
    engine: Engine,
    scorer: ScorerClient,
    options: ScorerOptions,
    report: (code: string, message: string) => void,
  ) {
    this.#engine = engine;
    this.#scorer = scorer;
    this.#report = report;
    this.#bundleIntervalMs = options.bundleIntervalMs ?? 60_000;
    this.#stateIntervalMs = options.stateIntervalMs ?? 2_000;
    this.#stateMaxAgeMs = options.stateMaxAgeMs ?? 30_000;
  }

  /** Before a decision: waits for the first bundle, and for state that is too old to decide by. */
  async prepare(now: number): Promise<void> {
    const waits: Promise<void>[] = [];
    if (!this.#engine.loaded && now - this.#bundleAt >= RETRY_MS) waits.push(this.#refreshBundle(now));
    const stale = now - this.#stateAt >= this.#stateMaxAgeMs;
    if (stale && now - this.#stateTriedAt >= STALE_RETRY_MS) waits.push(this.#refreshState(now, true));
    if (waits.length > 0) await Promise.all(waits);
  }

  /** After an answer: whatever is due. */
  async refresh(now: number): Promise<void> {
    const jobs: Promise<void>[] = [];
    if (now - this.#bundleAt >= this.#bundleIntervalMs) jobs.push(this.#refreshBundle(now));
    if (now - this.#stateTriedAt >= this.#stateIntervalMs) jobs.push(this.#refreshState(now, false));
    if (now - this.#sendingSince >= SENDER_LOST_MS) jobs.push(this.#send(now));
    await Promise.all(jobs);
  }

  /** Fills in what the scorer has told of this session and principal. A revoked session is no session. */
  apply(facts: Request, now: number): Request {
    const { principal, session } = facts;
    if (!this.#state.empty && session?.id) {
      const id = this.#identifier("session", session.id, now);
      if (this.#state.revoked(id, session.establishedAt)) {
        return { ...facts, principal: { kind: "anonymous" }, session: null, device: null };
      }
    }
    if (!principal?.id) return facts;
    const id = this.#identifier("principal", principal.id, now);
    const profile = facts.profile ?? this.#profiles.get(id, now);
    const risk = this.#riskOf(principal.kind, id);
    return {
      ...facts,
      ...(profile === undefined ? {} : { profile }),
      ...(risk === undefined ? {} : { risk: { ...risk, ...facts.risk } }),
    };
  }

  /** Keeps the profile that came with an answer, for as long as the answer says. */
  learn({ principal }: Request, answer: Answer, now: number): void {
    if (!principal?.id || !answer.profile || answer.ttlSeconds <= 0) return;
    this.#profiles.set(this.#identifier("principal", principal.id, now), answer.profile, now + answer.ttlSeconds * 1000);
  }

  #riskOf(kind: string | null | undefined, id: string): RiskFacts | undefined {
    if (this.#state.empty) return undefined;
    if (kind === "user") return fact("user", this.#state.level("user", id));
    if (kind === "workload") return fact("servicePrincipal", this.#state.level("servicePrincipal", id));
    if (kind === "agent") return fact("agent", this.#state.level("agent", id));
    return undefined;
  }

  #identifier(kind: "principal" | "session", value: string, now: number): string {
    const key = `${kind}:${value}`;
    const known = this.#identifiers.get(key, now);
    if (known !== undefined) return known;
    const hash = this.#engine.identifier(kind, value);
    this.#identifiers.set(key, hash, Number.POSITIVE_INFINITY);
    return hash;
  }

  async #refreshBundle(now: number): Promise<void> {
    this.#bundleAt = now;
    const served = await this.#scorer.bundle(this.#etag);
    if (served === undefined) return;
    // Refused or taken, the same bytes are not fetched again.
    this.#etag = served.etag;
    try {
      this.#engine.load(served.text, served.signature);
    } catch (error) {
      this.#report("bundle_refused", `the scorer's bundle is refused: ${String(error)}`);
    }
  }

  /** Reads pages until one brings nothing new. */
  async #refreshState(now: number, urgent: boolean): Promise<void> {
    this.#stateTriedAt = now;
    for (let pages = 0; pages < PAGES_LIMIT; pages += 1) {
      const { cursor } = this.#state;
      const page = await this.#scorer.state(cursor, urgent);
      if (page === undefined) return;
      if (!this.#state.apply(page)) {
        this.#report("scorer_garbage", "/v1/state answered what is not a page of it");
        return;
      }
      if (this.#state.cursor === cursor) break;
    }
    this.#stateAt = now;
  }

  /** One request lingers and sends for all: the others only add to the queue. */
  async #send(now: number): Promise<void> {
    this.#sendingSince = now;
    for (const pause of SEND_AFTER_MS) {
      if (this.#scorer.pending === 0) break;
      await new Promise((resolve) => setTimeout(resolve, pause));
      await this.#scorer.flush();
    }
    this.#sendingSince = Number.NEGATIVE_INFINITY;
  }
}

function fact(name: keyof RiskFacts, level: RiskFacts["user"] | undefined): RiskFacts | undefined {
  return level === undefined ? undefined : { [name]: level };
}
