import type { Engine } from "./engine.js";
import { group } from "./facts.js";
import { Lru } from "./lru.js";
import { patience } from "./patience.js";
import type { Assessed, ScorerClient, ScorerOptions, ServedBundle } from "./scorer.js";
import { State } from "./state.js";
import { BUNDLE_KEY, inTime, ownerOf, READ_MS, STATE_KEY, WRITE_MS } from "./store.js";
import type { Store } from "./store.js";
import type { Profile, PublicKey, Request, RiskFacts } from "./types.js";

/** After a failed first bundle, how soon the next request may try again: milliseconds. */
const RETRY_MS = 1_000;
/** How long receipts wait for company before they are sent, and before what failed is sent again: milliseconds. */
const SEND_AFTER_MS = [250, 1_000, 4_000];
/** A sender that has not come back by then was stopped with its request: milliseconds. */
const SENDER_LOST_MS = 20_000;
/** Pages of state read in one go; what is left follows at the next. */
const PAGES_LIMIT = 50;
/** How long a request waits for state to be read: milliseconds. */
const URGENT_MS = 1_000;
/** A reader of state that has come no further for so long was stopped with its request: milliseconds. */
const READER_LOST_MS = 5_000;
/** After state that was too old to decide by could not be had, how soon a request waits for it again: ms. */
const STALE_RETRY_MS = 5_000;
/** How long a request waits for what another one is fetching before the first decision: milliseconds. */
const JOIN_MS = 2_500;
/** State is left in the store no more often: stores count writes. Milliseconds. */
const STORE_STATE_MS = 60_000;
const CACHE_ENTRIES = 10_000;

/**
 * What the edge keeps of the scorer: the newest bundle, revoked sessions, risk levels, profiles. Driven by the
 * requests themselves, because a worker has no background: what is due is fetched after an answer was given, and
 * only what is missing or too old to decide by is waited for. Its clock is one that nobody sets, where the host has one: an
 * edge whose time is corrected must not stop asking what was revoked.
 */
export class Feed {
  readonly #engine: Engine;
  readonly #scorer: ScorerClient;
  readonly #report: (code: string, message: string) => void;
  readonly #bundleIntervalMs: number;
  readonly #stateIntervalMs: number;
  readonly #stateMaxAgeMs: number;
  readonly #store: Store | undefined;
  readonly #owner: () => Promise<string>;
  readonly #state = new State();
  readonly #profiles = new Lru<Profile>(CACHE_ENTRIES);
  readonly #identifiers = new Lru<string>(CACHE_ENTRIES);
  #etag: string | undefined;
  #bundleAt = Number.NEGATIVE_INFINITY;
  #stateAt = Number.NEGATIVE_INFINITY;
  #stateTriedAt = Number.NEGATIVE_INFINITY;
  #sendingSince = Number.NEGATIVE_INFINITY;
  #preparing: Promise<void> | undefined;
  #restored = false;
  #reading: Promise<void> | undefined;
  /** When whoever reads state asked for a page last. */
  #pageAt = Number.NEGATIVE_INFINITY;
  /** A bundle that the store has not got yet. */
  #unkept: ServedBundle | undefined;
  #failSafe = false;
  #stored = { cursor: 0, at: Number.NEGATIVE_INFINITY };

  constructor(
    engine: Engine,
    scorer: ScorerClient,
    options: ScorerOptions,
    store: Store | undefined,
    publicKeys: readonly PublicKey[],
    report: (code: string, message: string) => void,
  ) {
    this.#engine = engine;
    this.#scorer = scorer;
    this.#store = store;
    this.#owner = () => ownerOf(options.url, publicKeys);
    this.#report = report;
    this.#bundleIntervalMs = options.bundleIntervalMs ?? 60_000;
    this.#stateIntervalMs = options.stateIntervalMs ?? 2_000;
    this.#stateMaxAgeMs = options.stateMaxAgeMs ?? 30_000;
  }

  /** What has to be waited for before a decision: the first bundle, and state that is too old to decide by. */
  prepare(): Promise<void> | undefined {
    const now = performance.now();
    const bundle = !this.#engine.loaded && isDue(this.#bundleAt, RETRY_MS, now);
    const state = isDue(this.#stateAt, this.#stateMaxAgeMs, now) && isDue(this.#stateTriedAt, STALE_RETRY_MS, now);
    if (bundle || state) return this.#lead(this.#fetchMissing(bundle, state, now));
    return this.#preparing === undefined ? undefined : this.#join(this.#preparing);
  }

  async #lead(preparing: Promise<void>): Promise<void> {
    this.#preparing = preparing;
    await preparing;
    if (this.#preparing === preparing) this.#preparing = undefined;
  }

  /** Started by a request that may be gone by now, and its promise with it. */
  async #join(preparing: Promise<void>): Promise<void> {
    if ((await patience(preparing, JOIN_MS)) === "impatient") this.#preparing = undefined;
  }

  /** How old what is known of revoked sessions and risk levels is, milliseconds; `undefined` before the first. */
  stateAge(): number | undefined {
    return this.#stateAt === Number.NEGATIVE_INFINITY ? undefined : performance.now() - this.#stateAt;
  }

  /** Whether some edge saw two copies of a device cookie in use. */
  isForked(principal: string, line: string): boolean {
    return this.#state.forked(principal, line);
  }

  /** After an answer: whatever is due. */
  async refresh(): Promise<void> {
    const now = performance.now();
    const isSending = !isDue(this.#sendingSince, SENDER_LOST_MS, now);
    await Promise.all([this.#renewBundle(now), this.#renewState(now), isSending ? undefined : this.#send(now)]);
  }

  /** Whether the session of a request was revoked. */
  isRevoked({ session }: Request): boolean {
    if (this.#state.empty || !session?.id) return false;
    return this.#state.revoked(this.#identifier("session", session.id), session.establishedAt);
  }

  /** Fills in what the scorer has told of this principal. */
  apply(facts: Request): Request {
    const { principal } = facts;
    if (!principal?.id) return facts;
    const id = this.#identifier("principal", principal.id);
    return {
      ...facts,
      profile: facts.profile ?? this.#profiles.get(id, performance.now()),
      risk: group(this.#riskOf(principal.kind, id), facts.risk),
    };
  }

  /** Keeps the profile that came with an answer, for as long as the answer counts. */
  learn({ principal }: Request, { answer, until }: Assessed<unknown>): void {
    if (!principal?.id || !answer.profile || until <= performance.now()) return;
    this.#profiles.set(this.#identifier("principal", principal.id), answer.profile, until);
  }

  #riskOf(kind: string | null | undefined, id: string): RiskFacts | undefined {
    if (this.#state.empty) return undefined;
    if (kind === "user" || kind === "agentUser") return fact("user", this.#state.level("user", id));
    if (kind === "workload") return fact("servicePrincipal", this.#state.level("servicePrincipal", id));
    if (kind === "agent") return fact("agent", this.#state.level("agent", id));
    return undefined;
  }

  #identifier(kind: "principal" | "session", value: string): string {
    const key = `${kind}:${value}`;
    const known = this.#identifiers.get(key, 0);
    if (known !== undefined) return known;
    const hash = this.#engine.identifier(kind, value);
    this.#identifiers.set(key, hash, Number.POSITIVE_INFINITY);
    return hash;
  }

  async #fetchMissing(bundle: boolean, state: boolean, now: number): Promise<void> {
    if (bundle) this.#bundleAt = now;
    await this.#restore();
    await Promise.all([
      bundle && !this.#engine.loaded ? this.#refreshBundle(now) : undefined,
      state ? patience(this.#readState(true), URGENT_MS) : undefined,
    ]);
  }

  /** What another instance left: late knowledge, but better than none while the scorer is away. */
  async #restore(): Promise<void> {
    const isNeeded = !this.#engine.loaded || this.#stateAt === Number.NEGATIVE_INFINITY;
    if (this.#store === undefined || this.#restored || !isNeeded) return;
    try {
      const owner = await this.#owner();
      const kept = Promise.all([this.#store.get(BUNDLE_KEY + owner), this.#store.get(STATE_KEY + owner)]);
      const [bundle, state] = await inTime(kept, READ_MS);
      this.#restored = true;
      this.#restoreBundle(bundle);
      this.#restoreState(state);
    } catch (error) {
      this.#report("store", `what the store kept can not be had: ${String(error)}`);
    }
  }

  #restoreBundle(kept: string | undefined): void {
    const bundle = kept === undefined ? undefined : this.#parsed<ServedBundle>(kept);
    // What was refused must not keep the scorer's own, which may be better, from being fetched.
    if (bundle !== undefined && !this.#engine.loaded && !this.#take(bundle)) this.#etag = undefined;
  }

  #restoreState(kept: string | undefined): void {
    const state = kept === undefined ? undefined : this.#parsed<unknown>(kept);
    // Where some of the scorer's own was read, what is older would have it read again.
    if (state === undefined || this.#state.cursor !== 0) return;
    this.#state.apply(state);
    this.#stored.cursor = this.#state.cursor;
    this.#heed();
  }

  #parsed<T>(kept: string): T | undefined {
    try {
      return JSON.parse(kept) as T;
    } catch (error) {
      this.#report("store", `what the store kept can not be used: ${String(error)}`);
      return undefined;
    }
  }

  async #keep(key: string, value: unknown): Promise<void> {
    if (this.#store === undefined) return;
    try {
      await inTime(this.#store.put(key + (await this.#owner()), JSON.stringify(value)), WRITE_MS);
    } catch (error) {
      this.#report("store", `the store did not take ${key}: ${String(error)}`);
    }
  }

  /** Fetches a newer bundle if it is time to, and has the store keep what is new. */
  async #renewBundle(now: number): Promise<void> {
    if (isDue(this.#bundleAt, this.#bundleIntervalMs, now)) await this.#refreshBundle(now);
    const bundle = this.#unkept;
    if (bundle === undefined) return;
    this.#unkept = undefined;
    await this.#keep(BUNDLE_KEY, bundle);
  }

  /** The same of state. */
  async #renewState(now: number): Promise<void> {
    if (this.#reading !== undefined || isDue(this.#stateTriedAt, this.#stateIntervalMs, now)) {
      await patience(this.#readState(false), JOIN_MS);
    }
    if (this.#state.cursor === this.#stored.cursor || this.#stateAt === Number.NEGATIVE_INFINITY) return;
    if (!isDue(this.#stored.at, STORE_STATE_MS, now)) return;
    this.#stored = { cursor: this.#state.cursor, at: now };
    await this.#keep(STATE_KEY, this.#state.page());
  }

  async #refreshBundle(now: number): Promise<void> {
    this.#bundleAt = now;
    const served = await this.#scorer.bundle(this.#etag);
    if (served !== undefined && this.#take(served)) this.#unkept = served;
  }

  #take({ text, signature, etag }: ServedBundle): boolean {
    // Refused or taken, the same bytes are not fetched again.
    this.#etag = etag;
    try {
      this.#engine.load(text, signature);
      return true;
    } catch (error) {
      this.#report("bundle_refused", `a newer bundle is refused: ${String(error)}`);
      return false;
    }
  }

  /** Reads state, or goes on with who does: two would take each other's pages for those of another scorer. */
  #readState(isUrgent: boolean): Promise<void> {
    const isRead = this.#reading !== undefined && !isDue(this.#pageAt, READER_LOST_MS, performance.now());
    if (!isRead) this.#reading = this.#readPages(isUrgent);
    return this.#reading as Promise<void>;
  }

  /** Reads pages until one brings nothing new: only then is all known that the scorer has to tell. */
  async #readPages(isUrgent: boolean): Promise<void> {
    let isAgain = false;
    for (let pages = 0; pages < PAGES_LIMIT; pages += 1) {
      this.#pageAt = this.#stateTriedAt = performance.now();
      const { cursor } = this.#state;
      const page = await this.#scorer.state(cursor, isUrgent);
      // Taken for lost, and overtaken.
      if (this.#state.cursor !== cursor) return;
      if (page === undefined) break;
      if (!this.#state.apply(page)) {
        this.#report("scorer_garbage", "/v1/state answered what is not a page of it");
        break;
      }
      // At once: a page that follows may fail.
      this.#heed();
      if (this.#state.cursor === cursor) {
        this.#stateAt = this.#stateTriedAt;
        break;
      }
      if (this.#state.cursor > cursor) continue;
      if (isAgain) {
        this.#report("scorer_garbage", "/v1/state ran backwards twice: its replicas do not agree");
        break;
      }
      isAgain = true;
    }
    this.#reading = undefined;
  }

  #heed(): void {
    const { failSafe } = this.#state;
    if (failSafe === this.#failSafe) return;
    this.#failSafe = failSafe;
    this.#engine.setFailSafe(failSafe);
    if (failSafe) this.#report("fail_safe", "the scorer's audit stopped this edge from allowing by its risk model");
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

/** Where a host has but one clock, it may be set back: then it is time, too. */
function isDue(last: number, intervalMs: number, now: number): boolean {
  return now - last >= intervalMs || now < last;
}

function fact(name: keyof RiskFacts, level: RiskFacts["user"] | undefined): RiskFacts | undefined {
  return level === undefined ? undefined : { [name]: level };
}
